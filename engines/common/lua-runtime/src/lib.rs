//! Values, strings, tables, heap, collector and standard library: the runtime under every engine.
