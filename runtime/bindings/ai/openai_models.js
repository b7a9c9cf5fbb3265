// Models behind OpenAI's API, which many local servers speak, as if they were Workers AI's:
// https://platform.openai.com/docs/api-reference

/** How inputs of each kind are asked for, and what becomes of the answers. */
const KINDS = {
  /** `messages`, or a `prompt`. */
  chat: {
    path: 'chat/completions',
    toBody: ({prompt, messages, ...rest}) =>
        ({messages: messages ?? [{role: 'user', content: prompt}], ...rest}),
    toResult: ({choices, usage}) => {
      const {content, tool_calls: calls} = choices?.[0]?.message ?? {};
      return {response: content ?? null, tool_calls: calls ?? [], usage, choices};
    },
    toEvent: ({choices, usage}) => ({response: choices?.[0]?.delta?.content ?? '', usage}),
  },
  /** `input`, with `instructions`. */
  responses: {
    path: 'responses',
    toBody: (inputs) => inputs,
    toResult: (answer) => answer,
  },
  /** `text`: one, or a list. */
  embeddings: {
    path: 'embeddings',
    toBody: ({text, ...rest}) => ({input: text, ...rest}),
    toResult: ({data}) => {
      const vectors = data.map(({embedding}) => embedding);
      return {shape: [vectors.length, vectors[0]?.length ?? 0], data: vectors};
    },
  },
};

function kindOf(inputs) {
  if ('messages' in inputs || 'prompt' in inputs) return KINDS.chat;
  if ('text' in inputs) return KINDS.embeddings;
  return KINDS.responses;
}

/** Events of OpenAI's stream to Workers AI's, line by line. */
function translateEvents(toEvent) {
  let rest = '';
  const translate = (line) => {
    const data = /^data:\s*(.*)$/.exec(line)?.[1];
    if (data === undefined || data === '[DONE]') return line;
    try {
      return `data: ${JSON.stringify(toEvent(JSON.parse(data)))}`;
    } catch {
      return line;  // no JSON: nothing we know better
    }
  };
  return new TransformStream({
    transform(text, controller) {
      const lines = (rest + text).split('\n');
      rest = lines.pop();
      for (const line of lines) controller.enqueue(`${translate(line.replace(/\r$/, ''))}\n`);
    },
    flush(controller) {
      if (rest !== '') controller.enqueue(translate(rest));
    },
  });
}

export class OpenAiModels {
  #url;
  #model;
  #key;

  /** @param {{url: string, model?: string, key?: string}} server `model`: asked for in place of the Worker's */
  constructor({url, model, key}) {
    this.#url = url.replace(/\/$/, '');
    this.#model = model;
    this.#key = key;
  }

  request(model, inputs, signal) {
    const {path, toBody} = kindOf(inputs);
    return fetch(`${this.#url}/${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(this.#key ? {authorization: `Bearer ${this.#key}`} : {}),
      },
      body: JSON.stringify({...toBody(inputs), model: this.#model || model}),
      signal,
    });
  }

  async result(response, model, inputs) {
    const {toResult, toEvent} = kindOf(inputs);
    if (inputs.stream !== true) return toResult(await response.json());
    if (toEvent === undefined) return response.body;
    return response.body.pipeThrough(new TextDecoderStream()).pipeThrough(translateEvents(toEvent))
        .pipeThrough(new TextEncoderStream());
  }
}
