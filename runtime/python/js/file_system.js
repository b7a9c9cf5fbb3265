// A read-only file system for Emscripten over files that exist elsewhere and are asked for on demand.
//
// Nothing is copied when it is mounted. A folder is listed once, at the first name looked up in it; after
// that a name that is not there is answered without asking. A file is asked for its size when it is first
// found, and for its content when it is read, directly into linear memory.

import {errnoOf} from './errno.js';

const MODE_FOLDER = 0o40555;
const MODE_FILE = 0o100555;

/**
 * Where the files are. Ids are the source's own; the root is `root`.
 * @typedef {object} FileSource
 * @property {number} root
 * @property {(folder: number) => string[]} list
 * @property {(folder: number, name: string) =>
 *     [id: number, isFolder: boolean, size: number, mtime: number] | undefined} lookup
 * @property {(id: number, position: number, into: Uint8Array) => number} read
 */

/**
 * @param {object} FS Emscripten's file system
 * @param {FileSource} source
 * @returns {object} a type for FS.mount
 */
export function makeReadOnlyFileSystem(FS, source) {
  const fail = (name) => {
    throw new FS.ErrnoError(errnoOf(name));
  };
  const refuse = () => fail('EROFS');
  const mounted = Date.now();

  function makeNode(parent, name, [id, isFolder, size, mtime]) {
    const node = FS.createNode(parent, name, isFolder ? MODE_FOLDER : MODE_FILE);
    node.node_ops = nodeOps;
    node.stream_ops = streamOps;
    node.sourceId = id;
    node.sourceSize = isFolder ? 0 : size;
    node.time = new Date(isFolder ? mounted : mtime);
    return node;
  }

  const namesOf = (folder) => (folder.names ??= new Set(source.list(folder.sourceId)));

  const nodeOps = {
    getattr(node) {
      return {
        dev: 1,
        ino: node.id,
        mode: node.mode,
        nlink: 1,
        uid: 0,
        gid: 0,
        rdev: 0,
        size: node.sourceSize,
        atime: node.time,
        mtime: node.time,
        ctime: node.time,
        blksize: 4096,
        blocks: Math.ceil(node.sourceSize / 512),
      };
    },
    lookup(parent, name) {
      const found = namesOf(parent).has(name) ? source.lookup(parent.sourceId, name) : undefined;
      return found === undefined ? fail('ENOENT') : makeNode(parent, name, found);
    },
    readdir: (node) => ['.', '..', ...namesOf(node)],
    readlink: () => fail('EINVAL'),
    setattr: refuse,
    mknod: refuse,
    rename: refuse,
    unlink: refuse,
    rmdir: refuse,
    symlink: refuse,
  };

  function read(node, position, into) {
    try {
      return source.read(node.sourceId, position, into);
    } catch {
      return fail('EIO');
    }
  }

  const streamOps = {
    open(stream) {
      if ((stream.flags & 3) !== 0) refuse();
    },
    read(stream, buffer, offset, length, position) {
      if (position >= stream.node.sourceSize) return 0;
      return read(
          stream.node, position, new Uint8Array(buffer.buffer, buffer.byteOffset + offset, length));
    },
    write: refuse,
    llseek(stream, offset, whence) {
      const bases = [0, stream.position, stream.node.sourceSize];
      const position = bases[whence] + offset;
      if (!(position >= 0)) fail('EINVAL');
      return position;
    },
    mmap(stream, length, position, protection, flags) {
      if (!FS.isFile(stream.node.mode)) fail('ENODEV');
      const contents = new Uint8Array(length);
      read(stream.node, position, contents);
      // The memory file system knows how to put bytes into memory of its own.
      const copy = {node: {mode: stream.node.mode, contents}};
      return FS.filesystems.MEMFS.stream_ops.mmap(copy, length, 0, protection, flags);
    },
    msync: () => 0,
  };

  return {
    mount: () => makeNode(null, '/', [source.root, true, 0, mounted]),
    node_ops: nodeOps,
    stream_ops: streamOps,
  };
}
