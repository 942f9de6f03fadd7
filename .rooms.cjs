// The rooms of lib, by group, from the inside out: what each may import of lib, and what of that by type only.
// A room ends with a slash; anything else is one file without its ending.

const core = {
  errors: { may: [], byType: [] },
  copies: { may: [], byType: [] },
  time: { may: [], byType: [] },
  engine: { may: ['errors/', 'time/lazy-abort', 'time/waits'], byType: ['time/'] },
  report: { may: ['engine/'], byType: [] },
  log: { may: ['engine/', 'report/'], byType: [] },
  connections: { may: ['errors/', 'log/'], byType: ['engine/', 'time/'] },
  decorators: { may: ['copies/', 'errors/', 'log/'], byType: ['engine/'] },
  options: { may: ['errors/', 'log/'], byType: ['engine/'] },
};

const ports = {
  nest: { may: ['errors/', 'log/'], byType: ['engine/'] },
  process: { may: ['copies/', 'engine/clip', 'log/', 'time/'], byType: ['engine/'] },
};

/** Each knows Nest and the types of the engine, and not each other. */
const features = {
  integrations: {
    may: ['connections/first-look', 'connections/reach', 'log/', 'time/'],
    byType: ['engine/'],
  },
  buffers: {
    may: ['tokens', 'connections/first-look', 'log/', 'nest/', 'time/', 'integrations/kit/'],
    byType: ['engine/', 'options/', 'process/'],
  },
  health: {
    may: ['tokens', 'copies/', 'decorators/', 'errors/', 'log/', 'nest/', 'time/'],
    byType: ['options/', 'http/request-interceptor'],
  },
  http: {
    may: ['tokens', 'copies/', 'log/', 'nest/', 'process/awaited', 'process/own-work', 'time/'],
    byType: ['engine/', 'options/', 'process/process-port'],
  },
  'warm-up': {
    may: ['tokens', 'copies/', 'decorators/', 'log/', 'time/'],
    byType: ['options/', 'report/'],
  },
  sources: {
    may: [
      'tokens',
      'copies/',
      'errors/',
      'nest/',
      'process/own-work',
      'process/unfollowed-work',
      'time/',
      'engine/secrets',
    ],
    byType: ['engine/', 'options/'],
  },
};

const conducts = {
  plan: {
    may: [
      'tokens',
      'connections/',
      'decorators/',
      'engine/',
      'errors/',
      'log/',
      'nest/',
      'options/',
      'report/',
    ],
    byType: ['time/'],
  },
  lifecycle: {
    may: [
      'tokens',
      'graceful.module-definition',
      'buffers/',
      'decorators/',
      'engine/',
      'errors/',
      'health/',
      'http/',
      'log/',
      'nest/',
      'options/',
      'plan/',
      'process/',
      'report/',
      'sources/',
      'time/',
      'warm-up/',
    ],
    byType: [],
  },
};

/** Nothing in lib imports them. */
const leaves = {
  cli: {
    may: [
      'engine/',
      'errors/',
      'copies/module-mark',
      'log/late-traffic-text',
      'options/',
      'report/',
      'testing/rig/',
    ],
    byType: [],
  },
  testing: {
    may: [
      'tokens',
      'errors/',
      'time/',
      'http/request-gate',
      'process/node-process',
      'process/ports',
      'sources/in-flight',
    ],
    byType: ['engine/', 'lifecycle/', 'options/', 'process/', 'report/', 'sources/'],
  },
  telemetry: { may: ['errors/'], byType: ['engine/', 'health/', 'lifecycle/'] },
};

/** From the outside in. */
const groups = { conducts, features, ports, core, leaves };

module.exports = { groups, rooms: Object.assign({}, ...Object.values(groups)) };
