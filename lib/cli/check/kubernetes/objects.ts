import type { Source, Span } from '../text/source.js';
import { readDocument, type Substitute } from '../text/yaml.js';
import type { Value } from '../text/value.js';

/** An object of Kubernetes, or of a kind that is written like one. */
export interface KubernetesObject {
  readonly value: Value;
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string | undefined;
  /** Such as `Deployment/orders`. */
  readonly subject: string;
  /** The chart's file that a rendered document came from. */
  readonly from?: string;
}

/** The objects of a document: itself, the items of a list, or what is in a Template of OpenShift. */
export function objectsIn(value: Value, source: Source, span: Span): KubernetesObject[] {
  const kind = value.get('kind').text ?? '';
  const from = /^# Source: (\S+)$/m.exec(source.text.slice(span.start, span.end))?.[1];
  if (kind === 'Template' && value.get('objects').kind === 'list') {
    const filledIn = readDocument(source, span, parametersOf(value)).value;
    return filledIn.get('objects').items.flatMap((item) => objectOf(item, from));
  }
  if (kind === 'List' || (kind.endsWith('List') && value.get('items').kind === 'list')) {
    return value.get('items').items.flatMap((item) => objectOf(item, from));
  }
  return objectOf(value, from);
}

function objectOf(value: Value, from: string | undefined): KubernetesObject[] {
  const kind = value.get('kind').text;
  const apiVersion = value.get('apiVersion').text;
  if (kind === undefined || apiVersion === undefined) return [];
  if (value.has('$patch')) return [];
  const metadata = value.get('metadata');
  const name = metadata.get('name').text ?? metadata.get('generateName').text ?? '(no name)';
  const namespace = metadata.get('namespace').text;
  return [
    { value, apiVersion, kind, name, namespace, subject: `${kind}/${name}`, ...(from && { from }) },
  ];
}

/** Of an OpenShift Template: `${NAME}` is put in as text, `${{NAME}}` as JSON; a parameter without a value stays a mark. */
function parametersOf(template: Value): Substitute {
  const values = new Map(
    template.get('parameters').items.flatMap((parameter) => {
      const name = parameter.get('name').text;
      const value = parameter.get('value').text;
      return name === undefined || value === undefined ? [] : [[name, value] as const];
    }),
  );
  return (text) => {
    const whole = /^\$\{\{(\w+)\}\}$/.exec(text)?.[1];
    if (whole !== undefined) return jsonOf(values.get(whole));
    const filled = text.replace(/\$\{(\w+)\}/g, (mark, name: string) => values.get(name) ?? mark);
    return filled.includes('${') ? undefined : filled;
  };
}

function jsonOf(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
