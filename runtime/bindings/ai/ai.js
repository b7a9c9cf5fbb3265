// Workers AI: https://developers.cloudflare.com/workers-ai/configuration/bindings/

import {disallowedOperation, isTopLevel} from '../../web/js/top_level.js';
import {Account} from '../remote/account.js';
import {OpenAiModels} from './openai_models.js';
import {WorkersAi} from './workers_ai.js';

/**
 * Where models run.
 * @typedef {object} Models
 * @property {(model: string, inputs: object, signal?: AbortSignal) => Promise<Response>} request
 * @property {(response: Response, model: string, inputs: object) => Promise<any>} result what run() gives
 */

/** @returns {Models | undefined} */
function modelsOf({openai_url: url, openai_model: model, openai_key: key, remote}) {
  if (url) return new OpenAiModels({url, model, key});
  return remote && !remote.problem ? new WorkersAi(new Account(remote)) : undefined;
}

/** What the service answered with an error. */
export class InferenceUpstreamError extends Error {
  name = 'InferenceUpstreamError';
}

/** The class's name is part of the interface: the SDK looks for it. */
export class Ai {
  #binding;
  #models;

  aiGatewayLogId = null;
  lastRequestId = null;
  lastRequestHttpStatusCode = null;

  /** @param {{name: string}} binding with where models are, as in docs/configuration.md */
  constructor(binding) {
    this.#binding = binding.name;
    this.#models = modelsOf(binding);
  }

  /**
   * @param {string} model
   * @param {object} inputs what the model takes; `stream: true` for a stream of events
   * @param {{returnRawResponse?: boolean, signal?: AbortSignal}} [options]
   * @returns {Promise<any>} a plain object, or a ReadableStream for streams and for models that give bytes
   */
  async run(model, inputs, options) {
    if (isTopLevel()) throw disallowedOperation();
    if (this.#models === undefined) {
      throw new Error(
          `The binding ${this.#binding} has no models to run: Workers AI needs the environment variables ` +
          'CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID, or "ai" in the configuration an "openai_url" ' +
          'of a server that speaks OpenAI\'s API.');
    }
    const response = await this.#models.request(`${model}`, inputs ?? {}, options?.signal);
    this.lastRequestId = response.headers.get('cf-ai-req-id');
    this.aiGatewayLogId = response.headers.get('cf-aig-log-id');
    this.lastRequestHttpStatusCode = response.status;
    if (options?.returnRawResponse) return response;
    if (!response.ok) throw new InferenceUpstreamError(await problemOf(response));
    return this.#models.result(response, `${model}`, inputs ?? {});
  }
}

/** The v4 API's errors, OpenAI's, or the text there is. */
async function problemOf(response) {
  const text = await response.text();
  try {
    const {errors, error} = JSON.parse(text);
    if (errors?.[0] !== undefined) return `${errors[0].code}: ${errors[0].message}`;
    if (typeof (error?.message ?? error) === 'string') return error.message ?? error;
  } catch {
    // No JSON.
  }
  return text === '' ? `${response.status} ${response.statusText}` : text;
}
