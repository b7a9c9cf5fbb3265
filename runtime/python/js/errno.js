// Error numbers as Emscripten's C library has them (WASI's), by the names that Linux shares.
// https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#errno

const ERRNO = {
  EACCES: 2, EAGAIN: 6, EBADF: 8, EBUSY: 10, ECHILD: 12, EDQUOT: 19, EEXIST: 20, EFAULT: 21, EFBIG: 22,
  EINTR: 27, EINVAL: 28, EIO: 29, EISDIR: 31, ELOOP: 32, EMFILE: 33, EMLINK: 34, ENAMETOOLONG: 37,
  ENFILE: 41, ENODEV: 43, ENOENT: 44, ENOMEM: 48, ENOSPC: 51, ENOSYS: 52, ENOTDIR: 54, ENOTEMPTY: 55,
  ENOTSUP: 58, ENOTTY: 59, ENXIO: 60, EOPNOTSUPP: 58, EPERM: 63, EPIPE: 64, EROFS: 69, ESPIPE: 70,
  ETXTBSY: 74, EXDEV: 75,
};

/** @param {string} name "ENOENT" @returns {number} EIO for a name that C code on wasm does not know */
export function errnoOf(name) {
  return ERRNO[name] ?? ERRNO.EIO;
}
