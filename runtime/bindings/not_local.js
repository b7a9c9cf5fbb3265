// Bindings to what this runtime does not have. They are there, under the classes' names that the SDK looks
// for, so that a Worker starts; using one says what is missing.

function refusing(methods, explain) {
  return class {
    constructor(binding) {
      for (const method of methods) {
        this[method] = () => {
          throw new Error(explain(binding));
        };
      }
    }
  };
}

export const DurableObjectNamespace = class DurableObjectNamespace extends refusing(
    ['get', 'getByName', 'getExisting', 'idFromName', 'idFromString', 'jurisdiction', 'newUniqueId'],
    ({name, class_name: className}) =>
        `The binding ${name} leads to Durable Objects of the class ${className}: this runtime does not ` +
        'run Durable Objects.') {};

export const WorkflowImpl = class WorkflowImpl extends refusing(
    ['create', 'createBatch', 'get'],
    ({name, class_name: className}) =>
        `The binding ${name} leads to the Workflow ${className}: this runtime does not run Workflows.`) {};

export const ImagesBindingImpl = class ImagesBindingImpl extends refusing(
    ['info', 'input'],
    ({name}) =>
        `The binding ${name} transforms images at Cloudflare, which this runtime does not do. Deploy the ` +
        'Worker to use it; in local runs let the code go on without it.') {};
