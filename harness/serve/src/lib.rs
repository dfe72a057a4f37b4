//! The dashboard and its API: runs programs on engines for a browser, or for anybody who speaks HTTP and JSON.
//!
//! Programs run in worker processes, so that nothing they do can harm the server or each other: [`worker`] is such a
//! process, [`protocol`] what passes between it and its [`slot`], which the [`pool`] gives tasks to. [`execution`] makes
//! tasks of requests and answers of results, and has the [`ledger`] count. [`server`] holds connections, [`route`] says
//! what is asked under which path, behind [`admission`]; [`api`] has the shapes of requests and answers, [`page`] the
//! dashboard, which uses nothing but that API.
//! An asynchronous runtime is started here and nowhere else in the project: never in a process that measures.
//!
//! Each of these modules imports from those before it in the list and from no other. Read [`api`] and [`execution`]
//! first. How to use it, and
//! what it withstands, is in `harness/serve/README.md`.
#![forbid(unsafe_code)]

pub mod protocol;

pub mod sandbox;

pub mod worker;

pub mod settings;

pub mod slot;

pub mod pool;

pub mod ledger;

pub mod publish;

pub mod api;

pub mod answer;

pub mod folders;

pub mod shared;

pub mod execution;

pub mod admission;

pub mod page;

pub mod route;

pub mod server;

pub mod command;

pub use command::COMMANDS;
