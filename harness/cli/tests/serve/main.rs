//! The dashboard and its API, tested from outside: the real server is started, and asked over sockets.
//!
//! `server` starts it and speaks HTTP; `browser` drives a headless Chromium, where there is one.

mod server;

mod api;

mod sessions;

mod safety;

mod limits;

mod workers;

mod stream;

mod document;

mod browser;

mod load;
