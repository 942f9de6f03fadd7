import {
  inFrontOfLine,
  inFrontOfNode,
  splitWords,
  startsNode,
  type CommandContext,
  type FrontFinding,
  type Shell,
} from '../command-line.js';
import type { CheckContext } from '../context.js';
import { isDistroless } from '../known-images.js';
import type { Nearby } from '../nearby.js';
import { readDockerfile, targetOf, type ImageCommand, type Stage } from '../text/dockerfile.js';
import type { Source } from '../text/source.js';

/** What /bin/sh is in an image, by its name. */
export function shellOf(image: string): Shell {
  if (isDistroless(image)) return 'none';
  if (/alpine|busybox/.test(image)) return 'ash';
  if (/amazonlinux|ubi\d|fedora|centos|rocky|almalinux|oraclelinux|opensuse|rhel/.test(image))
    return 'bash';
  if (/debian|ubuntu|slim|bookworm|bullseye|buster|trixie|stretch/.test(image)) return 'dash';
  // The official image is Debian's where its tag says nothing else.
  return /^(?:docker\.io\/)?(?:library\/)?node(?::[\w.-]+)?(?:@\S+)?$/.test(image)
    ? 'dash'
    : 'unknown';
}

/** An image as a Dockerfile makes it. */
export function checkDockerfile(source: Source, nearby: Nearby, context: CheckContext): void {
  const stages = readDockerfile(source);
  const { target } = context.settings;
  const stage = targetOf(stages, stages.some(({ name }) => name === target) ? target : undefined);
  if (stages.length === 0) {
    context.unreadable.push({
      place: { file: source.file, line: 1 },
      message: 'has no FROM: it is no Dockerfile',
    });
    return;
  }
  if (!stage || !isOfNode(stage)) return;
  context.counts.checked += 1;
  const subject = stage.name === undefined ? 'image' : `stage ${stage.name}`;
  checkCommand(stage, source, subject, nearby, context);
  checkHealthcheck(stage, source, subject, context);
  if (!stage.stopSignal) return;
  const at = source.placeAt(stage.stopSignal.span.start);
  context.checkSignal(at, stage.stopSignal.text, subject, 'STOPSIGNAL');
}

function isOfNode({ image, cmd, entrypoint, run }: Stage): boolean {
  const starts = [cmd, entrypoint].flatMap((command) => (command ? wordsOf(command) : []));
  return (
    startsNode(starts) ||
    (/(?:^|[/:-])node(?:js)?(?:$|[\d:/@-])/.test(image) &&
      starts.length > 0 &&
      !/nginx|httpd/.test(starts.join(' ') + run.slice(-200)))
  );
}

function wordsOf(command: ImageCommand): readonly string[] {
  return command.form === 'exec' ? command.words : [command.line];
}

function checkCommand(
  stage: Stage,
  source: Source,
  subject: string,
  nearby: Nearby,
  context: CheckContext,
): void {
  const found = frontOf(stage, commandContext(stage, source, nearby));
  const command = stage.cmd ?? stage.entrypoint;
  if (!found || !command) return;
  const at = source.placeAt(
    (stage.entrypoint?.form === 'shell' ? stage.entrypoint : command).span.start,
  );
  context.report(found.rule, { at, subject, ...found });
}

/** What stands in front of Node in an image: ENTRYPOINT and CMD together, as Docker joins them. */
export function frontOf(
  { entrypoint, cmd }: Stage,
  context: CommandContext,
): FrontFinding | undefined {
  if (entrypoint?.form === 'shell') return inFrontOfLine(entrypoint.line, context);
  const first = entrypoint?.words ?? [];
  if (cmd?.form === 'shell') {
    if (first.length === 0) return inFrontOfLine(cmd.line, context);
    return inFrontOfNode([...first, '/bin/sh', '-c', cmd.line], context);
  }
  return inFrontOfNode([...first, ...(cmd?.words ?? [])], context);
}

export function commandContext(stage: Stage, source: Source, nearby: Nearby): CommandContext {
  return {
    shell: shellOf(stage.image),
    script: (path) => scriptOf(path, source, nearby),
    packageScript: (name) => nearby.packageScript(source, name),
    hasModernYarn:
      nearby.has(source, '.yarnrc.yml') ||
      /corepack\s+(?:enable|prepare\s+yarn@[2-9])|yarn\s+set\s+version/.test(stage.run),
  };
}

/** A script of the repository that the image has under some path: by its name, where there is one only. */
function scriptOf(path: string, source: Source, nearby: Nearby): string | undefined {
  if (!/\.sh$|entrypoint|^\.\//.test(path)) return undefined;
  return nearby.named(source, path.slice(path.lastIndexOf('/') + 1));
}

function checkHealthcheck(
  stage: Stage,
  source: Source,
  subject: string,
  context: CheckContext,
): void {
  const { healthcheck, run, image } = stage;
  if (!healthcheck) return;
  const words = healthcheck.form === 'exec' ? healthcheck.words : splitWords(healthcheck.line);
  const tool = words[0] ?? '';
  const shell = shellOf(image);
  const missing =
    shell === 'none'
      ? healthcheck.form === 'shell' || !/(?:^|\/)node$/.test(tool)
      : isMissing(tool, shell, image, run);
  if (!missing) return;
  context.report('healthcheck/tool', {
    at: source.placeAt(healthcheck.span.start),
    subject,
    message: `HEALTHCHECK calls ${shell === 'none' && healthcheck.form === 'shell' ? 'a shell' : tool}, which ${image} does not have`,
    remedy:
      'Use Node: HEALTHCHECK CMD ["node", "-e", "fetch(\'http://127.0.0.1:3000/health/ready\').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]',
  });
}

/** Alpine has wget of busybox and no curl; Debian's slim images have neither; the full image of Node has both. */
function isMissing(tool: string, shell: Shell, image: string, run: string): boolean {
  if (tool !== 'curl' && tool !== 'wget') return false;
  if (new RegExp(`\\b${tool}\\b`).test(run)) return false;
  if (shell === 'ash')
    return tool === 'curl' && /^(?:docker\.io\/)?(?:library\/)?(?:node|alpine)[:@]/.test(image);
  return /^(?:docker\.io\/)?(?:library\/)?node:\S*slim/.test(image);
}
