import type { RuleRow } from './rule-row.js';

/** Rules about commands and images, about platforms other than Kubernetes, and about files as such. */
export const PLATFORM_RULES = {
  'command/pid1': {
    severity: 'error',
    when: 'npm, yarn, pnpm or a shell gets the signal in the place of Node',
    why: 'Which shell it is decides: dash (Debian) stays in front and loses the signal, bash and the ash of Alpine replace themselves with the last command, yarn 1 always cuts. An init such as tini changes none of it. Start Node itself, or write exec.',
  },
  'command/background': {
    severity: 'warning',
    when: 'another process is started in the background before Node',
    why: 'Nobody tells it that the container stops.',
  },
  'stop-signal': {
    severity: 'error',
    when: 'the platform stops the process with a signal that the application does not listen to',
    why: 'The default action of a signal ends the process at once, or as PID 1 nothing happens until it is killed.',
  },
  'healthcheck/tool': {
    severity: 'warning',
    when: 'HEALTHCHECK calls a tool or a shell that the image does not have',
    why: 'The check always fails: the container is unhealthy for ever, and is restarted by what looks at it.',
  },
  'compose/grace': {
    severity: 'error',
    needsPlan: true,
    when: 'stop_grace_period (10 s if unset) is shorter than the plan',
    why: 'docker compose kills the container in the middle of its drain.',
  },
  'compose/swarm-order': {
    severity: 'note',
    when: 'deploy.update_config of a Swarm service has not order: start-first',
    why: 'The old task stops before the new one runs: with one replica nobody serves.',
  },
  'ecs/grace': {
    severity: 'error',
    needsPlan: true,
    when: 'stopTimeout (30 s if unset) is shorter than the plan',
    why: 'ECS kills the container in the middle of its drain.',
  },
  'ecs/limit': {
    severity: 'error',
    when: 'stopTimeout is above the 120 s that Fargate takes',
    why: 'The task definition is refused.',
  },
  'ecs/healthy-percent': {
    severity: 'warning',
    when: 'minimumHealthyPercent of an ECS service lets all tasks be away at once',
    why: 'A deploy may stop every task before a new one runs.',
  },
  'systemd/grace': {
    severity: 'error',
    needsPlan: true,
    when: 'TimeoutStopSec (90 s if unset) is shorter than the plan',
    why: 'systemd kills the service in the middle of its drain.',
  },
  'systemd/ignored': {
    severity: 'error',
    when: 'systemd ignores a line: a comment behind a value, a value or key it does not know, a wrong section',
    why: 'The default applies, while systemd-analyze verify exits with 0.',
  },
  'systemd/unit': {
    severity: 'warning',
    when: 'a time span means another time than it looks like',
    why: '1M is a month, 1h30 is an hour and 30 seconds, and 500 is in seconds.',
  },
  'pm2/grace': {
    severity: 'error',
    when: 'kill_timeout (1.6 s if unset) is shorter than the plan, or is left at its default',
    why: 'PM2 kills the process in the middle of its drain, without a report.',
  },
  'pm2/type': {
    severity: 'error',
    when: 'kill_timeout has a unit, or is no number of milliseconds',
    why: "PM2 starts nothing with '3s'.",
  },
  'pm2/environment': {
    severity: 'warning',
    when: 'a variable in env or env_* of a PM2 application is named like one of its options',
    why: 'PM2 7 puts the variables over the options: env.kill_timeout replaces kill_timeout, env.instances the number of processes, in silence. Rename the variable.',
  },
  'pm2/wait-ready': {
    severity: 'note',
    when: 'wait_ready is not set for an application of several instances',
    why: 'PM2 goes on to the next process before this one listens.',
  },
  'heroku/grace': {
    severity: 'error',
    needsPlan: true,
    when: 'the plan is longer than the 30 s that Heroku gives',
    why: 'The dyno is killed in the middle of its drain. The 30 s can not be changed: lower gracePeriodMs.',
  },
  'fly/grace': {
    severity: 'error',
    needsPlan: true,
    when: 'kill_timeout (5 s if unset) is shorter than the plan',
    why: 'Fly kills the machine in the middle of its drain.',
  },
  'fly/limit': {
    severity: 'warning',
    when: 'kill_timeout is above the 300 s of machines with shared CPUs',
    why: 'Fly takes 300 s.',
  },
  'fly/place': {
    severity: 'error',
    when: 'kill_timeout or kill_signal stands below a [table]',
    why: 'In TOML a key belongs to the table above it, so Fly does not see it. Move it to the top of the file.',
  },
  'railway/grace': {
    severity: 'error',
    needsPlan: true,
    when: 'drainingSeconds (0 if unset) is shorter than the plan',
    why: 'Railway kills the old deployment in the middle of its drain.',
  },
  'railway/exec-form': {
    severity: 'warning',
    when: 'startCommand of an image build needs a shell',
    why: 'With a Dockerfile the command is started in exec form: a variable or && is taken for a program.',
  },
  'render/grace': {
    severity: 'error',
    needsPlan: true,
    when: 'maxShutdownDelaySeconds (30 if unset) is shorter than the plan',
    why: 'Render kills the instance in the middle of its drain.',
  },
  'render/plan': {
    severity: 'note',
    when: 'maxShutdownDelaySeconds stands beside the plan free, or beside a disk',
    why: 'Users report that Render refuses it there; its schema allows it. With a disk the old instance ends before the new one starts, so there is nobody to serve meanwhile.',
  },
  'nomad/docker': {
    severity: 'error',
    when: "a task of the docker driver has no KillSignal, and its image's STOPSIGNAL is one that the application does not listen to",
    why: "Nomad's default of SIGINT is not for that driver: docker sends the image's STOPSIGNAL, SIGTERM if it has none. Set KillSignal, or take STOPSIGNAL out of the Dockerfile.",
  },
  'nomad/limit': {
    severity: 'warning',
    when: 'KillTimeout is above the 30 s that clients allow by default',
    why: 'A client caps it at its own max_kill_timeout, without a word. Raise that in the configuration of the clients.',
  },
  'nomad/grace': {
    severity: 'error',
    needsPlan: true,
    when: 'KillTimeout (5 s if unset) is shorter than the plan',
    why: 'Nomad kills the task in the middle of its drain.',
  },
  'value/wrong': {
    severity: 'error',
    when: 'a value that a rule reads has a type or form that its tool refuses',
    why: 'The tool refuses the file, or takes its default in silence.',
  },
  'value/differs': {
    severity: 'warning',
    when: 'tools read a value differently, such as 060, which is 48 to kubectl',
    why: 'What you read is not what is applied. Write the number that you mean.',
  },
  'yaml/duplicate-key': {
    severity: 'warning',
    when: 'a key stands twice in one map',
    why: 'kubectl takes the last one, compose and others refuse the file.',
  },
  'two-files': {
    severity: 'warning',
    when: 'two files say different things of one application, and only one of them counts',
    why: 'Compose reads compose.yaml and not docker-compose.yml beside it; railway.toml and railway.json, and two ecosystem files with one application, contradict each other where they differ. Keep one.',
  },
  'template/unrendered': {
    severity: 'note',
    when: 'a file is a template that was not rendered',
    why: 'It was not checked, and the exit code is not touched. Render it and check what comes out: `helm template <chart> | nestjs-graceful check -`',
  },
  'template/mark': {
    severity: 'note',
    when: 'a value that a rule needs is a mark such as ${GRACE}',
    why: 'It is not known before it is put in.',
  },
  'container/unclear': {
    severity: 'note',
    when: 'several containers may be that of the application',
    why: 'The rules about the plan need one. Name it: `--container <name>`.',
  },
} as const satisfies Record<string, RuleRow>;
