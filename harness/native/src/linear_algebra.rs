//! `matmul` and `spectral_norm`: arrays of floats. A matrix is a vector of rows, as in the Lua programs, not one flat
//! allocation.

use std::hint::black_box;

use crate::format::general_9;
use crate::hidden_count;

/// The trace and one corner of a product of two n by n matrices.
pub(crate) fn matmul(n: u64) -> String {
    let n = hidden_count(n);
    let product = multiply(&make_matrix(n, 0.5), &make_matrix(n, -0.75), n);
    let mut trace = 0.0;
    for (i, row) in product.iter().enumerate() {
        trace += row[i];
    }
    let (trace, corner) = black_box((trace, product[0][n - 1]));
    format!("{} {}", general_9(trace), general_9(corner))
}

fn make_matrix(n: usize, first: f64) -> Vec<Vec<f64>> {
    let element = |i: usize, j: usize| first + ((i * 3 + j * 5) % 17) as f64 * 0.125;
    (1..=n).map(|i| (1..=n).map(|j| element(i, j)).collect()).collect()
}

fn multiply(a: &[Vec<f64>], b: &[Vec<f64>], n: usize) -> Vec<Vec<f64>> {
    a.iter().map(|a_row| (0..n).map(|j| row_times_column(a_row, b, j)).collect()).collect()
}

fn row_times_column(a_row: &[f64], b: &[Vec<f64>], j: usize) -> f64 {
    let mut sum = 0.0;
    for (a, b_row) in a_row.iter().zip(b) {
        sum += a * b_row[j];
    }
    sum
}

/// The largest eigenvalue of the n by n Hilbert matrix, by ten steps of the power method.
pub(crate) fn spectral_norm(n: u64) -> String {
    let n = hidden_count(n);
    let mut vector = vec![1.0; n];
    let mut product = vec![0.0; n];
    let mut eigenvalue = 0.0;
    for _ in 0..10 {
        multiply_by_hilbert(&vector, &mut product);
        let (mut dot, mut length_squared) = (0.0, 0.0);
        for (v, p) in vector.iter().zip(&product) {
            dot += v * p;
            length_squared += v * v;
        }
        eigenvalue = dot / length_squared;
        let scale = 1.0 / eigenvalue;
        for (v, p) in vector.iter_mut().zip(&product) {
            *v = p * scale;
        }
    }
    general_9(black_box(eigenvalue))
}

fn multiply_by_hilbert(vector: &[f64], product: &mut [f64]) {
    for (i, element) in product.iter_mut().enumerate() {
        let mut sum = 0.0;
        for (j, v) in vector.iter().enumerate() {
            sum += hilbert(i + 1, j + 1) * v;
        }
        *element = sum;
    }
}

fn hilbert(i: usize, j: usize) -> f64 {
    1.0 / (i + j - 1) as f64
}
