//! BLAKE3 behind a C interface; `cli/deploy/blake3.cc` is its other side.
//!
//! Without Rust's standard library, which would be most of what the program then loads.
#![no_std]

use core::panic::PanicInfo;
use core::slice;

extern "C" {
    fn abort() -> !;
}

/// Writes the 32 bytes of the digest of `length` bytes at `data`.
///
/// # Safety
/// `data` is readable for `length` bytes, `digest` writable for 32; neither is null.
#[no_mangle]
pub unsafe extern "C" fn cwrangler_blake3(data: *const u8, length: usize, digest: *mut u8) {
    let hash = blake3::hash(slice::from_raw_parts(data, length));
    slice::from_raw_parts_mut(digest, blake3::OUT_LEN).copy_from_slice(hash.as_bytes());
}

#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    unsafe { abort() }
}
