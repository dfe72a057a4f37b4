//! AST interpreter with resolved slots and inline caches.
