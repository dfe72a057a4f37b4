//! The calendar against a count of days, one by one.

use super::{Date, seconds_of};

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

#[test]
fn every_day_of_eight_centuries_is_the_next_one() {
    let (mut year, mut month, mut day) = (1600, 1, 1);
    let mut day_of_year = 0;
    let mut seconds = seconds_of(year, month, day, 0, 0, 0);
    // 1600-01-01 was a Saturday.
    let mut weekday = 6;
    while year < 2400 {
        let expected = Date { year, month, day, hour: 0, minute: 0, second: 0, weekday, day_of_year };
        assert_eq!(Date::of_seconds(seconds), Some(expected));
        assert_eq!(seconds_of(year, month, day, 0, 0, 0), seconds);
        seconds += 86_400;
        weekday = (weekday + 1) % 7;
        day_of_year += 1;
        day += 1;
        let lengths = [31, if is_leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        if day > lengths[month as usize - 1] {
            (month, day) = (month + 1, 1);
        }
        if month > 12 {
            (year, month, day_of_year) = (year + 1, 1, 0);
        }
    }
}

#[test]
fn fields_out_of_range_carry() {
    assert_eq!(seconds_of(1970, 1, 1, 0, 0, 0), 0);
    assert_eq!(seconds_of(2024, 2, 30, 25, -1, 61), 1_709_341_201);
    assert_eq!(seconds_of(1970, 25, 1, 0, 0, 0), seconds_of(1972, 1, 1, 0, 0, 0));
    assert_eq!(seconds_of(1970, -10, 1, 0, 0, 0), seconds_of(1969, 2, 1, 0, 0, 0));
}

#[test]
fn years_end_where_c_ends_them() {
    let last = seconds_of(i64::from(i32::MAX) + 1900, 12, 31, 23, 59, 59);
    assert!(Date::of_seconds(last).is_some());
    assert_eq!(Date::of_seconds(last + 1), None);
    let first = seconds_of(i64::from(i32::MIN) + 1900, 1, 1, 0, 0, 0);
    assert!(Date::of_seconds(first).is_some());
    assert_eq!(Date::of_seconds(first - 1), None);
    assert_eq!(Date::of_seconds(i64::MAX), None);
    assert_eq!(Date::of_seconds(i64::MIN), None);
}
