// What `cwrangler snapshot` is told of a Worker's snapshot: what is in it, or where the Worker's code
// prevents it. Nothing of this happens in a start that nobody asks about.

import {ops} from '../../web/js/host.js';
import {SnapshotPrevented} from './snapshot.js';

/**
 * @typedef {object} Obstacle why there is no snapshot
 * @property {string} message
 * @property {string} [file] where the Worker's code leads to it, relative to the folder of modules
 * @property {number} [line]
 * @property {string} [name] of the variable
 */

/**
 * @typedef {object} Report
 * @property {boolean} [restored] the start has gone on from the layer
 * @property {Obstacle[]} [obstacles] the layer could not be made
 * @property {string[]} [packages] that are imported in it
 * @property {string[]} [libraries] side modules, their paths
 */

/** The report of one start. */
export class SnapshotReport {
  /** @type {'made' | 'checked' | undefined} */
  #wanted = ops.pythonSnapshotReportWanted();
  #python;

  /** @param {import('./worker_python.js').WorkerPython} python */
  constructor(python) {
    this.#python = python;
  }

  /** Before packages and the Worker are imported. */
  begin() {
    // What watches would be in a snapshot that is kept.
    if (this.#wanted === 'checked') this.#call('watch_writes', (watch) => watch());
  }

  /** @param {import('./snapshot.js').Layer} layer that the start goes on from */
  restored(layer) {
    if (this.#wanted !== undefined) this.#send(layer, {restored: true});
  }

  /** After a snapshot was taken. @param {import('./snapshot.js').Layer} layer */
  taken(layer) {
    if (this.#wanted === undefined || layer !== 'worker') return;
    const packages = this.#call('imported_packages', (names) => names().toJs());
    const libraries = this.#python.interpreter.libraries.places.map(({name}) => name);
    this.#send(layer, {packages, libraries});
  }

  /**
   * @param {import('./snapshot.js').Layer} layer that there is no snapshot of
   * @param {unknown} error why
   */
  prevented(layer, error) {
    if (this.#wanted !== undefined) this.#send(layer, {obstacles: this.#obstacles(error)});
  }

  /** @returns {Obstacle[]} */
  #obstacles(error) {
    if (!(error instanceof SnapshotPrevented)) return [{message: String(error?.stack ?? error)}];
    const {message, written, held} = error;
    if (this.#wanted !== 'checked') return [{message}];
    if (held !== undefined) return this.#heldObjects(held);
    if (written !== undefined) {
      const places = this.#call('writers', (writers) => writers(written).toJs());
      if (places.length > 0) return places.map(([file, line]) => ({message, file, line}));
    }
    return [{message}];
  }

  #heldObjects(held) {
    const objects = held.map(({object}) => object);
    const identify = (object) => objects.indexOf(object);
    const places = this.#call('holders', (holders) => holders(identify, objects.length).toJs());
    return held.map(({message}, index) => {
      if (!places[index]) return {message};
      const [file, line, name] = places[index];
      return {message, file, line, name};
    });
  }

  /** Calls a function of snapshot_report.py. */
  #call(name, call) {
    const globals = this.#python.ownModule('snapshot_report.py');
    const callable = globals.get(name);
    globals.destroy();
    try {
      return call(callable);
    } finally {
      callable.destroy();
    }
  }

  /** @param {Report} report */
  #send(layer, report) {
    ops.pythonSnapshotReport(layer, JSON.stringify(report));
  }
}
