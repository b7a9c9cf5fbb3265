// scheduler.wait(), the part that Workers have of https://wicg.github.io/scheduling-apis/

import {core} from './core.js';
import {timerFunctions} from './timers.js';
import {disallowedOperation, isTopLevel} from './top_level.js';

const webidl = core.loadExtScript('ext:deno_webidl/00_webidl.js');
core.loadExtScript('ext:deno_web/03_abort_signal.js');  // defines the converter of AbortSignal

const toWaitOptions = webidl.createDictionaryConverter(
    'WaitOptions', [{key: 'signal', converter: webidl.converters.AbortSignal}]);

class Scheduler {
  /**
   * setTimeout to wait for.
   * @param {number} delay milliseconds
   * @param {{signal?: AbortSignal}} [options] a signal ends the wait with its reason
   * @returns {Promise<void>}
   */
  async wait(delay, options = undefined) {
    const prefix = "Failed to execute 'wait' on 'Scheduler'";
    webidl.requiredArguments(arguments.length, 1, prefix);
    const {signal} = toWaitOptions(options, prefix, 'Argument 2');
    if (isTopLevel()) throw disallowedOperation();
    signal?.throwIfAborted();
    let stop;
    await new Promise((resolve, reject) => {
      const timer = timerFunctions.setTimeout(resolve, delay);
      stop = () => {
        timerFunctions.clearTimeout(timer);
        reject(signal.reason);
      };
      signal?.addEventListener('abort', stop);
    }).finally(() => signal?.removeEventListener('abort', stop));
  }
}
webidl.configureInterface(Scheduler);

export const scheduler = new Scheduler();
