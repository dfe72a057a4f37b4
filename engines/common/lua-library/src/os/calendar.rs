//! Dates: seconds since 1970 to fields of the Gregorian calendar and back, and C's `strftime` for the C locale.
//!
//! Pure functions: no clock, no time zone but UTC, no Lua value. `os.date` and `os.time` are in `os`.

/// Days from 0000-03-01 to 1970-01-01. Years that start in March have their leap day at the end.
const DAYS_TO_1970: i64 = 719_468;
const DAYS_IN_400_YEARS: i64 = 146_097;
const DAYS_IN_100_YEARS: i64 = 36_524;
const DAYS_IN_4_YEARS: i64 = 1_461;
const SECONDS_IN_DAY: i64 = 86_400;

/// The years that C's `struct tm` can hold: it counts from 1900 in 32 bits.
const YEARS: std::ops::RangeInclusive<i64> = 1900 + i32::MIN as i64..=1900 + i32::MAX as i64;

const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A moment by its calendar fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Date {
    pub(super) year: i64,
    /// From 1.
    pub(super) month: i64,
    /// From 1.
    pub(super) day: i64,
    pub(super) hour: i64,
    pub(super) minute: i64,
    pub(super) second: i64,
    /// From 0, Sunday.
    pub(super) weekday: i64,
    /// From 0.
    pub(super) day_of_year: i64,
}

/// Seconds since 1970 of fields that need not be in range: a 32nd of January is the 1st of February. Each field fits
/// into 33 bits, so nothing overflows.
pub(super) fn seconds_of(year: i64, month: i64, day: i64, hour: i64, minute: i64, second: i64) -> i64 {
    (days_before_month(year, month) + day - 1) * SECONDS_IN_DAY + hour * 3600 + minute * 60 + second
}

/// Days from 1970-01-01 to the first of a month, which is counted from 1 and need not be in range.
fn days_before_month(year: i64, month: i64) -> i64 {
    // The month from 0 in a year that starts in March.
    let months = month - 3;
    let (year, month) = (year + months.div_euclid(12), months.rem_euclid(12));
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    // From March on, months have 31 30 31 30 31 days, twice, and 31 more: 153 days in five months.
    year * 365 + leap_days + (153 * month + 2) / 5 - DAYS_TO_1970
}

impl Date {
    /// The date of a moment in seconds since 1970; `None` if its year does not fit into C's `struct tm`.
    pub(super) fn of_seconds(seconds: i64) -> Option<Date> {
        let (days, in_day) = (seconds.div_euclid(SECONDS_IN_DAY), seconds.rem_euclid(SECONDS_IN_DAY));
        let since_march = days + DAYS_TO_1970;
        let cycles = since_march.div_euclid(DAYS_IN_400_YEARS);
        let mut rest = since_march.rem_euclid(DAYS_IN_400_YEARS);
        // The last century of four and the last year of four are a day longer, so a fifth one is part of the fourth.
        let centuries = (rest / DAYS_IN_100_YEARS).min(3);
        rest -= centuries * DAYS_IN_100_YEARS;
        let leap_cycles = rest / DAYS_IN_4_YEARS;
        rest -= leap_cycles * DAYS_IN_4_YEARS;
        let years = (rest / 365).min(3);
        rest -= years * 365;
        let month_from_march = (5 * rest + 2) / 153;
        let day = rest - (153 * month_from_march + 2) / 5 + 1;
        let (next_year, month) =
            if month_from_march < 10 { (0, month_from_march + 3) } else { (1, month_from_march - 9) };
        let year = cycles * 400 + centuries * 100 + leap_cycles * 4 + years + next_year;
        YEARS.contains(&year).then(|| Date {
            year,
            month,
            day,
            hour: in_day / 3600,
            minute: in_day / 60 % 60,
            second: in_day % 60,
            // 1970-01-01 was a Thursday.
            weekday: (days + 4).rem_euclid(7),
            day_of_year: days - days_before_month(year, 1),
        })
    }

    /// Weeks of the year, where the first one starts at the first `first_day` (0 is Sunday).
    fn week(&self, first_day: i64) -> i64 {
        (self.day_of_year + 7 - (self.weekday - first_day).rem_euclid(7)) / 7
    }

    /// Year and week by ISO 8601: weeks start on Monday and belong to the year in which their Thursday lies.
    fn iso_week(&self) -> (i64, i64) {
        let to_thursday = 3 - (self.weekday + 6) % 7;
        let thursday = days_before_month(self.year, 1) + self.day_of_year + to_thursday;
        let mut year = self.year;
        if thursday < days_before_month(year, 1) {
            year -= 1;
        } else if thursday >= days_before_month(year + 1, 1) {
            year += 1;
        }
        (year, (thursday - days_before_month(year, 1)) / 7 + 1)
    }

    /// What `strftime` gives for one conversion in the C locale; `zone` is the name of the time zone. `None` if there
    /// is no such conversion.
    pub(super) fn conversion(&self, letter: u8, zone: &str) -> Option<String> {
        let Date { year, month, day, hour, minute, second, weekday, day_of_year } = *self;
        let weekday_name = WEEKDAYS[weekday as usize];
        let month_name = MONTHS[month as usize - 1];
        let hour_of_twelve = (hour + 11) % 12 + 1;
        let half = if hour < 12 { "AM" } else { "PM" };
        let time = format!("{hour:02}:{minute:02}:{second:02}");
        Some(match letter {
            b'a' => weekday_name[..3].to_string(),
            b'A' => weekday_name.to_string(),
            b'b' | b'h' => month_name[..3].to_string(),
            b'B' => month_name.to_string(),
            b'c' => format!("{} {} {day:2} {time} {year}", &weekday_name[..3], &month_name[..3]),
            // Not padded with a zero, as in glibc.
            b'C' => year.div_euclid(100).to_string(),
            b'd' => format!("{day:02}"),
            b'D' | b'x' => format!("{month:02}/{day:02}/{:02}", year.rem_euclid(100)),
            b'e' => format!("{day:2}"),
            b'F' => format!("{year}-{month:02}-{day:02}"),
            b'g' => format!("{:02}", self.iso_week().0.rem_euclid(100)),
            b'G' => self.iso_week().0.to_string(),
            b'H' => format!("{hour:02}"),
            b'I' => format!("{hour_of_twelve:02}"),
            b'j' => format!("{:03}", day_of_year + 1),
            b'm' => format!("{month:02}"),
            b'M' => format!("{minute:02}"),
            b'n' => "\n".to_string(),
            b'p' => half.to_string(),
            b'r' => format!("{hour_of_twelve:02}:{minute:02}:{second:02} {half}"),
            b'R' => format!("{hour:02}:{minute:02}"),
            b'S' => format!("{second:02}"),
            b't' => "\t".to_string(),
            b'T' | b'X' => time,
            b'u' => ((weekday + 6) % 7 + 1).to_string(),
            b'U' => format!("{:02}", self.week(0)),
            b'V' => format!("{:02}", self.iso_week().1),
            b'w' => weekday.to_string(),
            b'W' => format!("{:02}", self.week(1)),
            b'y' => format!("{:02}", year.rem_euclid(100)),
            b'Y' => year.to_string(),
            b'z' => "+0000".to_string(),
            b'Z' => zone.to_string(),
            b'%' => "%".to_string(),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests;
