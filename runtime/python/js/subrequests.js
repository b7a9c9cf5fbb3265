// How many requests to others an event may make:
// https://developers.cloudflare.com/workers/platform/limits/#subrequests

import {countSubrequests} from '../../web/js/outbound.js';
import {currentScope, OUTSIDE} from './async_context.js';

/** @param {number} most for one event with everything that it calls; 0: any number */
export function limitSubrequests(most) {
  if (most === 0) return;
  countSubrequests(() => {
    const scope = currentScope();
    const spend = () => {
      // What is left over from no event in particular would spend one budget for ever.
      if (scope === OUTSIDE) return;
      if (scope.spent.subrequests >= most) {
        throw new Error(`Too many subrequests: one event may make ${most}.`);
      }
      scope.spent.subrequests++;
    };
    spend();
    return spend;
  });
}
