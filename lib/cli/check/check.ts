import { CheckContext, type Settings } from './context.js';
import { looksLikeManifest } from './formats.js';
import type { Input } from './inputs.js';
import type { KubernetesObject } from './kubernetes/objects.js';
import { Nearby } from './nearby.js';
import { checkCompose, isCompose, servicesIn, type ComposeService } from './readers/compose.js';
import { checkDockerfile } from './readers/dockerfile.js';
import {
  checkEcsService,
  checkTaskDefinition,
  ecsServiceOf,
  taskDefinitionOf,
} from './readers/ecs.js';
import { checkFly, isFly } from './readers/fly.js';
import { checkObjects, readObjects } from './readers/kubernetes.js';
import { checkNomad, nomadJobOf } from './readers/nomad.js';
import { appsOf, checkEcosystem } from './readers/pm2.js';
import { checkProcfile } from './readers/procfile.js';
import { checkRailway, isRailway } from './readers/railway.js';
import { checkRender, isRender } from './readers/render.js';
import { checkUnit } from './readers/systemd.js';
import { Templates } from './templates.js';
import { TwoFiles } from './two-files.js';
import { readJson, type ReadFile } from './text/json.js';
import { readExported } from './text/literal.js';
import type { Source } from './text/source.js';
import { readToml } from './text/toml.js';
import type { Value } from './text/value.js';
import { readYaml } from './text/yaml.js';

/** Holds files against the plan. Rules that need a second object run over all of them together. */
export function check(inputs: readonly Input[], settings: Settings): CheckContext {
  const context = new CheckContext(settings);
  const run = new Run(context);
  for (const input of inputs) run.read(input);
  run.finish();
  return context;
}

class Run {
  private readonly objects: KubernetesObject[] = [];
  private readonly services: ComposeService[] = [];
  private readonly nearby = new Nearby();
  private readonly templates: Templates;
  private readonly twoFiles: TwoFiles;

  constructor(private readonly context: CheckContext) {
    this.templates = new Templates(context);
    this.twoFiles = new TwoFiles(context);
  }

  read(input: Input): void {
    const { source, format } = input;
    const { context } = this;
    switch (format) {
      case 'yaml':
        return this.readYaml(input);
      case 'json':
        return this.whole(readJson(source), input, (value) => this.takeJson(value, source));
      case 'dockerfile':
        return checkDockerfile(source, this.nearby, context);
      case 'procfile':
        return checkProcfile(source, context);
      case 'unit':
        return this.templates.holds(source) ? undefined : checkUnit(source, context);
      case 'ecosystem-js':
        return this.whole(readExported(source), input, (value) =>
          this.takeEcosystem(value, source),
        );
      case 'fly':
        return this.whole(readToml(source), input, (value) => {
          if (isFly(value)) checkFly(value, context);
        });
      case 'railway-toml':
        return this.whole(readToml(source), input, (value) => this.takeRailway(value, source));
      case 'nomad-hcl':
        return this.templates.add(
          { file: source.file, line: 1 },
          source,
          'HCL is not read: nomad job run -output <file> | nestjs-graceful check -',
        );
      default:
        return format satisfies never;
    }
  }

  finish(): void {
    checkObjects(this.objects, this.context);
    checkCompose(this.services, this.nearby, this.context);
    this.twoFiles.report();
    this.templates.report();
  }

  private readYaml({ source, isNamed }: Input): void {
    const isOfInterest = isNamed || looksLikeManifest(source.text);
    for (const document of readYaml(source)) {
      if (document.template && isBesideThePoint(document.value)) continue;
      if (document.template) {
        if (isOfInterest || this.templates.isOfChart(source))
          this.templates.add(document.template, source);
        continue;
      }
      if (document.error) {
        if (isOfInterest) this.context.unreadable.push(document.error);
        continue;
      }
      for (const { key, place } of document.duplicates) {
        if (isOfInterest) this.reportDuplicate(key, place);
      }
      this.takeYaml(document.value, source, document);
    }
  }

  private takeYaml(
    value: Value,
    source: Source,
    document: Parameters<typeof readObjects>[1],
  ): void {
    if (value.get('kind').isSet) this.objects.push(...readObjects(source, document));
    else if (isRender(value)) checkRender(value, this.context);
    else if (isCompose(value)) this.takeCompose(value, source);
    else if (isEcosystem(value, source)) this.takeEcosystem(value, source);
    else if (demandsPreStop(value)) this.context.datreePolicy = `datree (${source.file})`;
    else if (taskDefinitionOf(value)) this.takeJson(value, source);
  }

  private takeJson(value: Value, source: Source): void {
    const { context } = this;
    const definition = taskDefinitionOf(value);
    const service = ecsServiceOf(value);
    const job = nomadJobOf(value);
    const span = { start: 0, end: source.text.length };
    if (definition) checkTaskDefinition(definition, context);
    else if (service) checkEcsService(service, context);
    else if (job) checkNomad(job, this.nearby, context);
    else if (value.get('apiVersion').isSet)
      this.objects.push(...readObjects(source, { value, span, duplicates: [] }));
    else if (isEcosystem(value, source)) this.takeEcosystem(value, source);
    else if (/(?:^|\/)railway(?:\.[\w-]+)*\.json$/i.test(source.file) && isRailway(value))
      this.takeRailway(value, source);
    else if (isCompose(value)) this.takeCompose(value, source);
  }

  private takeCompose(value: Value, source: Source): void {
    this.services.push(...servicesIn(source, value));
    this.twoFiles.addCompose(source);
  }

  private takeRailway(value: Value, source: Source): void {
    checkRailway(value, this.context);
    this.twoFiles.addRailway(source, value);
  }

  private takeEcosystem(value: Value, source: Source): void {
    checkEcosystem(value, this.context);
    this.twoFiles.addEcosystem(source, appsOf(value));
  }

  private whole(
    { value, error }: ReadFile,
    { isNamed, source, format }: Input,
    take: (value: Value) => void,
  ): void {
    if (!error) return take(value);
    // In a folder, a JSON file that is none may be anything.
    if (isNamed || format !== 'json' || looksLikeManifest(source.text))
      this.context.unreadable.push(error);
  }

  private reportDuplicate(key: string, at: { readonly file: string; readonly line: number }): void {
    this.context.report('yaml/duplicate-key', {
      at,
      subject: key,
      message: `${key} stands twice in one map: kubectl takes the last, others refuse the file`,
      remedy: 'Remove one of the two.',
    });
  }
}

/** Of a template that can be read, only what holds pods, or is about them, is missed. */
function isBesideThePoint(value: Value): boolean {
  const kind = value.get('kind').text;
  return (
    kind !== undefined &&
    !/^(?:Deployment|StatefulSet|DaemonSet|ReplicaSet|Rollout|Job|CronJob|Pod|Service|List|Template|HorizontalPodAutoscaler|PodDisruptionBudget|DeploymentConfig)$/.test(
      kind,
    )
  );
}

/** The configuration of datree: policies that name the identifiers of its rules. */
function demandsPreStop(value: Value): boolean {
  return value
    .get('policies')
    .items.flatMap((policy) => policy.get('rules').items)
    .some((rule) => rule.get('identifier').text === 'CONTAINERS_MISSING_PRESTOP_KEY');
}

function isEcosystem(value: Value, source: Source): boolean {
  return (
    /(?:^|\/)(?:ecosystem|pm2|processes)[\w.-]*\.(?:json|ya?ml)$/i.test(source.file) &&
    appsOf(value).length > 0
  );
}
