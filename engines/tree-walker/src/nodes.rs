//! The nodes of an executable tree, one file a subject.

pub(crate) mod variable;

pub(crate) mod arithmetic;

pub(crate) mod compare;

pub(crate) mod logic;

pub(crate) mod chain;

pub(crate) mod concat;

pub(crate) mod field;

pub(crate) mod element;

pub(crate) mod table;

pub(crate) mod closure;

pub(crate) mod call;

pub(crate) mod block;

pub(crate) mod control;

pub(crate) mod numeric_for;

pub(crate) mod generic_for;

pub(crate) mod closing;

pub(crate) mod guard;

pub(crate) mod mark;
