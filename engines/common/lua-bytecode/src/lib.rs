//! Register bytecode for Lua 5.4: opcode table, compiler, verifier, disassembler.
