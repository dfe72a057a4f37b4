//! Register virtual machine with inline caches; lower tier of the JIT engines.
