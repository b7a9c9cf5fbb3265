//! The Rust crates that the web platform uses, as one static library with C interfaces.
//!
//! `encoding_c` declares its functions `extern "C"` itself; naming it keeps them in the library.

pub use encoding_c;

mod html_rewriter;
