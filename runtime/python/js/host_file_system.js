// The host's own file system for Emscripten, at the same paths: what `cwrangler-runtime python` works on.

import {ops} from '../../web/js/host.js';
import {errnoOf} from './errno.js';

const ACCESS_MODE = 3;
const O_APPEND = 0o2000;
const FOLDER = 0o040000;
const KIND = 0o170000;

/**
 * @param {object} FS Emscripten's file system
 * @param {string} root the folder of the host that is mounted
 * @returns {object} a type for FS.mount
 */
export function makeHostFileSystem(FS, root) {
  /** Calls an op; a failed system call becomes Emscripten's error. */
  function host(op, ...args) {
    try {
      return op(...args);
    } catch (error) {
      if (typeof error.code !== 'string') throw error;
      throw new FS.ErrnoError(errnoOf(error.code));
    }
  }

  function pathOf(node) {
    const parts = [];
    for (let at = node; at.parent !== at; at = at.parent) parts.unshift(at.name);
    return [root, ...parts].join('/').replace(/^\/\//, '/');
  }
  const pathIn = (folder, name) => `${pathOf(folder)}/${name}`.replace(/^\/\//, '/');

  function makeNode(parent, name, mode) {
    const node = FS.createNode(parent, name, mode);
    node.node_ops = nodeOps;
    node.stream_ops = streamOps;
    return node;
  }

  const nodeOps = {
    getattr(node) {
      const [mode, size, mtime, atime, ctime, inode, links, uid, gid] =
          host(ops.hostStat, pathOf(node), false);
      node.mode = mode;
      return {
        dev: 1,
        ino: inode,
        mode,
        nlink: links,
        uid,
        gid,
        rdev: 0,
        size,
        atime: new Date(atime),
        mtime: new Date(mtime),
        ctime: new Date(ctime),
        blksize: 4096,
        blocks: Math.ceil(size / 512),
      };
    },
    setattr(node, {mode, size, atime, mtime, timestamp}) {
      const path = pathOf(node);
      if (mode !== undefined && mode !== null) {
        host(ops.hostChangeMode, path, mode & 0o7777);
        node.mode = mode;
      }
      const modified = mtime ?? timestamp;
      if (modified !== undefined && modified !== null) {
        host(ops.hostSetTimes, path, Number(atime ?? modified), Number(modified));
      }
      if (size !== undefined && size !== null) host(ops.hostTruncate, path, size);
    },
    lookup(parent, name) {
      return makeNode(parent, name, host(ops.hostStat, pathIn(parent, name), false)[0]);
    },
    mknod(parent, name, mode) {
      const path = pathIn(parent, name);
      if ((mode & KIND) === FOLDER) {
        host(ops.hostMakeFolder, path, mode & 0o7777);
      } else {
        const CREATE_NEW = 0o1 | 0o100 | 0o200;  // O_WRONLY | O_CREAT | O_EXCL
        host(ops.hostClose, host(ops.hostOpen, path, CREATE_NEW, mode & 0o7777));
      }
      return makeNode(parent, name, host(ops.hostStat, path, false)[0]);
    },
    rename(node, folder, name) {
      host(ops.hostRename, pathOf(node), pathIn(folder, name));
      // What was there under the new name is gone; the file system's own table must not find it.
      try {
        FS.hashRemoveNode(FS.lookupNode(folder, name));
      } catch {
        // It was not there.
      }
      node.name = name;
    },
    unlink(parent, name) {
      host(ops.hostUnlink, pathIn(parent, name));
    },
    rmdir(parent, name) {
      host(ops.hostRemoveFolder, pathIn(parent, name));
    },
    readdir: (node) => ['.', '..', ...host(ops.hostList, pathOf(node))],
    symlink(parent, name, target) {
      host(ops.hostLink, target, pathIn(parent, name));
      return makeNode(parent, name, host(ops.hostStat, pathIn(parent, name), false)[0]);
    },
    readlink: (node) => host(ops.hostReadLink, pathOf(node)),
  };

  const view = (buffer, offset, length) =>
    new Uint8Array(buffer.buffer, buffer.byteOffset + offset, length);

  const streamOps = {
    open(stream) {
      if (!FS.isFile(stream.node.mode)) return;
      // Creating and truncating were done by the layer above.
      stream.hostFile =
          host(ops.hostOpen, pathOf(stream.node), stream.flags & (ACCESS_MODE | O_APPEND), 0);
      stream.shared = stream.shared ?? {};
      stream.shared.users = 1;
    },
    dup(stream) {
      stream.shared.users++;
    },
    close(stream) {
      if (stream.hostFile === undefined || --stream.shared.users > 0) return;
      host(ops.hostClose, stream.hostFile);
    },
    read: (stream, buffer, offset, length, position) =>
      host(ops.hostRead, stream.hostFile, view(buffer, offset, length), position),
    write: (stream, buffer, offset, length, position) =>
      host(ops.hostWrite, stream.hostFile, view(buffer, offset, length), position),
    llseek(stream, offset, whence) {
      const END = 2;
      const size = whence === END ? nodeOps.getattr(stream.node).size : 0;
      const position = [0, stream.position, size][whence] + offset;
      if (!(position >= 0)) throw new FS.ErrnoError(errnoOf('EINVAL'));
      return position;
    },
    mmap(stream, length, position, protection, flags) {
      if (!FS.isFile(stream.node.mode)) throw new FS.ErrnoError(errnoOf('ENODEV'));
      const contents = new Uint8Array(length);
      host(ops.hostRead, stream.hostFile, contents, position);
      const copy = {node: {mode: stream.node.mode, contents}};
      return FS.filesystems.MEMFS.stream_ops.mmap(copy, length, 0, protection, flags);
    },
    msync(stream, buffer, offset, length) {
      streamOps.write(stream, buffer, 0, length, offset);
      return 0;
    },
  };

  return {
    mount: () => makeNode(null, '/', host(ops.hostStat, root, true)[0]),
    node_ops: nodeOps,
    stream_ops: streamOps,
  };
}
