/** What is served: the services that plugins registered, ours among them, and plain routes. */

import type { DescService } from "@bufbuild/protobuf";
import type { ApiHost, ApiRoute, ApiService, Logger } from "@gmqtt/broker";
import { specificity } from "../rest/template.ts";
import { type ApiMethod, methodsOf, type Route } from "./method.ts";

/** A route and the method that it leads to. */
export interface BoundRoute {
  readonly route: Route;
  readonly method: ApiMethod;
}

/** The host that the broker's API registrar hands services to, in whatever order plugins load. */
export class ApiRegistry implements ApiHost {
  readonly #logger: Logger;
  readonly #services: Map<string, readonly ApiMethod[]> = new Map();
  readonly #listeners: ((service: DescService, methods: readonly ApiMethod[]) => void)[] = [];
  #routes: BoundRoute[] = [];
  readonly #plain: ApiRoute[] = [];
  readonly #comments: Record<string, string> = {};
  #revision = 0;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  addService(service: ApiService): void {
    if (service.kind !== "protobuf") {
      this.#logger.warn({ service: service.name, kind: service.kind }, "api service of an unknown kind is not served");
      return;
    }
    const methods = methodsOf(service);
    const routes = methods.flatMap((method) => method.routes.map((route) => ({ route, method })));
    for (const { route, method } of routes) this.#assertFree(route, method);
    this.#services.set(service.name, methods);
    Object.assign(this.#comments, service.comments);
    this.#revision++;
    this.#routes = [...this.#routes, ...routes].sort(
      (one, other) => specificity(other.route.template) - specificity(one.route.template),
    );
    for (const listener of this.#listeners) listener(service.definition as DescService, methods);
  }

  addRoute(route: ApiRoute): void {
    this.#plain.push(route);
  }

  /** Tells of every service there is and will be. */
  watch(listener: (service: DescService, methods: readonly ApiMethod[]) => void): void {
    this.#listeners.push(listener);
    for (const methods of this.#services.values()) {
      const [first] = methods;
      if (first !== undefined) listener(first.service, methods);
    }
  }

  /** Another number whenever other services are served. */
  get revision(): number {
    return this.#revision;
  }

  /** The most specific route first. */
  get routes(): readonly BoundRoute[] {
    return this.#routes;
  }

  get plainRoutes(): readonly ApiRoute[] {
    return this.#plain;
  }

  /** What services say of themselves, by full name. */
  get comments(): Readonly<Record<string, string>> {
    return this.#comments;
  }

  /** In the order of their registration. */
  get services(): readonly DescService[] {
    return [...this.#services.values()].flatMap(([first]) => (first === undefined ? [] : [first.service]));
  }

  #assertFree(route: Route, method: ApiMethod): void {
    const shape = shapeOf(route);
    const taken = this.#routes.find((other) => shapeOf(other.route) === shape);
    if (taken === undefined) return;
    throw new Error(
      `api route ${route.verb} ${route.template.text} of ${method.name} is taken by ${taken.method.name}`,
    );
  }
}

/** Two routes of the same shape match the same requests. */
function shapeOf({ verb, template }: Route): string {
  return `${verb} ${template.segments.join("/")}:${template.verb ?? ""}`;
}
