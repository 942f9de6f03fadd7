import { hasMethods } from '../integrations/kit/shape.js';
import { findInside } from './inside.js';

/** Where a measurement goes first, in the SDK of metrics 1 to 3 (`SyncMetricStorage`). */
interface Storage {
  record(...measurement: unknown[]): unknown;
}

const TO_STORAGES = /sharedstate|storage|registry/i;

/**
 * Says whether a counter, a gauge or a histogram of a provider of metrics is given anything from now on: with cumulative
 * temporality each flush sends all of them again. What is observed when it is asked for has always something to say, and
 * does not count. Where the storages can't be found, something may have come.
 */
export function watchMeasurements(provider: unknown): () => boolean {
  const storages = () => findInside(provider, TO_STORAGES, isStorage);
  const known = new Set(storages());
  if (known.size === 0) return () => true;
  let measured = false;
  for (const storage of known) {
    const record = storage.record.bind(storage);
    storage.record = (...measurement) => {
      measured = true;
      Reflect.deleteProperty(storage, 'record');
      return record(...measurement);
    };
  }
  return () => measured || storages().some((storage) => !known.has(storage));
}

function isStorage(value: object): value is object & Storage {
  return hasMethods(value, 'record', 'collect');
}
