// The rooms of lib, by group, from the inside out: what each may import of lib, and what of that by type only.
// A room ends with a slash; anything else is one file without its ending.

const core = {
  errors: { may: [], byType: [] },
  copies: { may: [], byType: [] },
  time: { may: [], byType: [] },
  engine: { may: ['errors/', 'time/waits'], byType: ['time/'] },
  report: { may: ['engine/'], byType: [] },
  connections: { may: ['errors/'], byType: ['engine/', 'time/'] },
  decorators: { may: ['copies/', 'errors/'], byType: ['engine/'] },
  options: { may: ['errors/'], byType: ['engine/', 'integrations/integration'] },
};

const ports = {
  nest: { may: ['errors/'], byType: [] },
  process: { may: ['copies/', 'time/'], byType: ['engine/'] },
};

/** Each knows Nest and the types of the engine, and not each other. */
const features = {
  integrations: { may: ['time/'], byType: [] },
  buffers: {
    may: ['tokens', 'nest/', 'time/', 'integrations/kit/'],
    byType: ['engine/', 'options/', 'process/'],
  },
  health: {
    may: ['tokens', 'copies/', 'decorators/', 'errors/', 'nest/', 'time/'],
    byType: ['options/', 'http/request-interceptor'],
  },
  http: {
    may: ['tokens', 'copies/', 'nest/', 'process/awaited', 'process/own-work', 'time/'],
    byType: ['engine/', 'options/', 'process/process-port'],
  },
  sources: {
    may: ['tokens', 'copies/', 'errors/', 'nest/', 'process/own-work', 'time/'],
    byType: ['engine/', 'options/', 'integrations/integration'],
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
      'nest/',
      'options/',
      'plan/',
      'process/',
      'report/',
      'sources/',
      'time/',
    ],
    byType: ['integrations/integration'],
  },
};

/** Nothing in lib imports them. */
const leaves = {
  cli: { may: ['engine/', 'errors/', 'report/'], byType: [] },
  testing: { may: ['errors/', 'time/'], byType: ['integrations/integration'] },
};

/** From the outside in. */
const groups = { conducts, features, ports, core, leaves };

module.exports = { groups, rooms: Object.assign({}, ...Object.values(groups)) };
