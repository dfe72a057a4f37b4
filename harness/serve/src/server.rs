//! The server: it accepts connections, and hands their requests to the routes.
//!
//! One thread waits for everything; programs run in worker processes, and each slot has a thread that talks to its
//! worker.

mod connection;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::body::Body;
use harness::error::UsageError;
use harness::machine::terminal;
use harness::plan::engines::Engines;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::ServiceExt;

use crate::publish::Publisher;
use crate::route;
use crate::settings::{MOST_CONNECTIONS, READ_LIMIT, Settings};
use crate::shared::Shared;
use connection::Impatient;

/// How often listeners are sent something even if nothing happens.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// Serves until the process ends.
///
/// # Errors
/// If there is no listening at the address, and those of [`Shared::new`].
pub fn run(mut settings: Settings, engines: &Engines) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("cannot start the server's runtime")?.block_on(async {
        let address = settings.address;
        let listener = TcpListener::bind(address).await;
        let listener = listener.map_err(|error| UsageError(format!("cannot listen at {address}: {error}")))?;
        settings.address = listener.local_addr().context("the listener has no address")?;
        let document = route::document(engines, &settings);
        let shared = Shared::new(settings, engines, document)?;
        terminal::print(&format!("listening at http://{}/", shared.settings.address))?;
        tokio::spawn(keep_alive(shared.publisher.clone()));
        accept(listener, route::router(&shared)).await;
        Ok(())
    })
}

async fn keep_alive(publisher: Publisher) {
    loop {
        tokio::time::sleep(KEEP_ALIVE).await;
        publisher.keep_alive();
    }
}

async fn accept(listener: TcpListener, router: Router) {
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let place = Arc::clone(&places).acquire_owned().await.expect("the semaphore is never closed");
        match listener.accept().await {
            Ok((stream, _)) => {
                let router = router.clone();
                tokio::spawn(async move {
                    serve(stream, router).await;
                    drop(place);
                });
            }
            // Too many open files, mostly: some are closed in the meantime.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

async fn serve(stream: TcpStream, router: Router) {
    if prepare(&stream).is_err() {
        return;
    }
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let router = router.clone();
        async move { router.oneshot(request.map(Body::new)).await }
    });
    // Whatever ends a connection is the client's affair: it is gone, too slow, or speaks no HTTP.
    let _ended = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(READ_LIMIT)
        .max_buf_size(64 << 10)
        .serve_connection(TokioIo::new(Impatient::new(stream)), service)
        .await;
}

fn prepare(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)
}
