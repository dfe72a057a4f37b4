//! `nbody`: five bodies under gravity, moved by the leapfrog method. Every operation stands in the order of the Lua
//! program, so the last bit agrees.

use std::hint::black_box;

use crate::format::general_9;
use crate::hidden;

#[derive(Clone, Copy)]
struct Body {
    mass: f64,
    x: f64,
    y: f64,
    z: f64,
    vx: f64,
    vy: f64,
    vz: f64,
}

const SYSTEM: [Body; 5] = [
    Body { mass: 100.0, x: 0.0, y: 0.0, z: 0.0, vx: 0.0, vy: 0.0, vz: 0.0 },
    Body { mass: 0.25, x: 4.0, y: 0.0, z: 0.125, vx: 0.0, vy: 5.0, vz: 0.0 },
    Body { mass: 0.5, x: 0.0, y: 9.0, z: -0.25, vx: -3.25, vy: 0.0, vz: 0.25 },
    Body { mass: 0.125, x: -16.0, y: 0.0, z: 0.5, vx: 0.0, vy: -2.5, vz: -0.125 },
    Body { mass: 0.375, x: 0.0, y: -25.0, z: -1.0, vx: 2.0, vy: 0.0, vz: 0.0 },
];

/// The energy and one position after n steps.
pub(crate) fn nbody(n: u64) -> String {
    let n = hidden(n);
    let mut bodies = black_box(SYSTEM);
    let dt = 0.001;
    for _ in 0..n {
        drift(&mut bodies, 0.5 * dt);
        kick(&mut bodies, dt);
        drift(&mut bodies, 0.5 * dt);
    }
    let (energy, x) = black_box((energy(&bodies), bodies[1].x));
    format!("{} {}", general_9(energy), general_9(x))
}

/// Changes velocities by the attraction between all pairs over a time of dt.
fn kick(bodies: &mut [Body], dt: f64) {
    for i in 0..bodies.len() {
        let (before, after) = bodies.split_at_mut(i + 1);
        let a = &mut before[i];
        for b in after {
            let (dx, dy, dz) = (b.x - a.x, b.y - a.y, b.z - a.z);
            let distance_squared = dx * dx + dy * dy + dz * dz;
            let pull = dt / (distance_squared * distance_squared.sqrt());
            let (pull_a, pull_b) = (pull * b.mass, pull * a.mass);
            a.vx += dx * pull_a;
            a.vy += dy * pull_a;
            a.vz += dz * pull_a;
            b.vx -= dx * pull_b;
            b.vy -= dy * pull_b;
            b.vz -= dz * pull_b;
        }
    }
}

fn drift(bodies: &mut [Body], dt: f64) {
    for a in bodies {
        a.x += a.vx * dt;
        a.y += a.vy * dt;
        a.z += a.vz * dt;
    }
}

fn energy(bodies: &[Body]) -> f64 {
    let mut total = 0.0;
    for (i, a) in bodies.iter().enumerate() {
        total += 0.5 * a.mass * (a.vx * a.vx + a.vy * a.vy + a.vz * a.vz);
        for b in &bodies[i + 1..] {
            let (dx, dy, dz) = (b.x - a.x, b.y - a.y, b.z - a.z);
            total -= a.mass * b.mass / (dx * dx + dy * dy + dz * dz).sqrt();
        }
    }
    total
}
