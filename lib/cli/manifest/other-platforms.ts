import { graceSeconds, type ManifestSubject } from './subject.js';

/** A service of compose.yaml. */
export function compose(subject: ManifestSubject): string {
  const { name, image, port } = subject;
  return `services:
  ${name}:
    image: ${image}
    stop_grace_period: ${graceSeconds(subject, 'none')}s
    ports: ['${port}:${port}']
`;
}

/** A unit of systemd. */
export function unit(subject: ManifestSubject): string {
  const { name } = subject;
  return `[Unit]
Description=${name}
After=network-online.target
Wants=network-online.target

[Service]
WorkingDirectory=/srv/${name}
ExecStart=/usr/bin/node dist/main.js
TimeoutStopSec=${graceSeconds(subject, 'systemd')}s
KillMode=mixed
Restart=on-failure

[Install]
WantedBy=multi-user.target
`;
}
