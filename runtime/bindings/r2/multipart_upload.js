// An upload in parts: https://developers.cloudflare.com/r2/api/workers/workers-multipart-usage/

import {ops} from '../../web/js/host.js';
import {R2Object} from './r2_object.js';
import {send} from './value.js';

const MAX_PART_NUMBER = 10000;

function checkPartNumber(number) {
  if (!Number.isInteger(number) || number < 1 || number > MAX_PART_NUMBER) {
    throw new TypeError(
        `Part number must be between 1 and ${MAX_PART_NUMBER} (inclusive). Actual value was: ${number}`);
  }
}

export class R2MultipartUpload {
  #bucket;
  #attempt;

  /**
   * @param {() => number} bucket its handle
   * @param {(method: string, work: () => Promise<any>) => Promise<any>} attempt as the bucket's
   * @param {string} key
   * @param {string} uploadId
   */
  constructor(bucket, attempt, key, uploadId) {
    this.#bucket = bucket;
    this.#attempt = attempt;
    this.key = key;
    this.uploadId = uploadId;
  }

  /**
   * @param {number} partNumber from 1
   * @param {string | ArrayBuffer | ArrayBufferView | Blob | ReadableStream} value
   * @returns {Promise<{partNumber: number, etag: string}>}
   */
  uploadPart(partNumber, value) {
    return this.#attempt('uploadPart', async () => {
      checkPartNumber(partNumber);
      const bucket = this.#bucket();
      const upload = ops.r2Upload(bucket, '', '');
      const etag = await send(bucket, upload, value,
          () => ops.r2PutPart(bucket, upload, this.key, this.uploadId, partNumber));
      return {partNumber, etag};
    });
  }

  /** Forgets what was uploaded. */
  abort() {
    return this.#attempt('abortMultipartUpload', async () => {
      await ops.r2AbortUpload(this.#bucket(), this.key, this.uploadId);
    });
  }

  /** @param {{partNumber: number, etag: string}[]} parts @returns {Promise<R2Object>} */
  complete(parts) {
    return this.#attempt('completeMultipartUpload', async () => {
      const chosen = Array.from(parts, ({partNumber, etag}) => {
        checkPartNumber(partNumber);
        return {partNumber, etag: `${etag}`};
      });
      return new R2Object(JSON.parse(await ops.r2CompleteUpload(
          this.#bucket(), this.key, this.uploadId, JSON.stringify(chosen))));
    });
  }
}
