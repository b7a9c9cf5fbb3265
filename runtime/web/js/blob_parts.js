// The bytes behind Blob and File: immutable parts by name, shared by the blobs made from one another.
// Deno's scripts drop a part when the last object that refers to it is collected.

/** @type {Map<string, Uint8Array>} */
const parts = new Map();
/** Blob URL → what it stands for. @type {Map<string, {type: string, parts: string[]}>} */
const objectUrls = new Map();
let counter = 0;

function addPart(bytes) {
  const id = `part-${++counter}`;
  parts.set(id, bytes);
  return id;
}

function partOf(id) {
  const bytes = parts.get(id);
  if (bytes === undefined) throw new TypeError('Blob part not found');
  return bytes;
}

export const blobOps = {
  /** A copy: the caller may change its bytes. */
  op_blob_create_part: (bytes) => addPart(bytes.slice()),
  op_blob_slice_part(id, {start, len}) {
    return addPart(partOf(id).subarray(start, start + len));
  },
  /** Another name for the same bytes, with a life of its own. */
  op_blob_clone_part(id) {
    const bytes = partOf(id);
    return {uuid: addPart(bytes), size: bytes.byteLength};
  },
  op_blob_read_part: async (id) => partOf(id).slice(),
  op_blob_remove_part: (id) => { parts.delete(id); },

  op_blob_create_object_url(type, partIds) {
    const url = `blob:null/${crypto.randomUUID()}`;
    objectUrls.set(url, {type, parts: partIds.map(partOf)});
    return url;
  },
  op_blob_revoke_object_url: (url) => { objectUrls.delete(url); },
  op_blob_from_object_url(url) {
    const entry = objectUrls.get(url);
    if (entry === undefined) return null;
    return {
      mediaType: entry.type,
      parts: entry.parts.map((bytes) => ({uuid: addPart(bytes), size: bytes.byteLength})),
    };
  },
};
