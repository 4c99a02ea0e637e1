/** Filters of plugins for what is delivered: a filter that fails lets nothing through. */

import type { BrokerServices } from "../../handlers/context.ts";
import type { DeliveryFilter, DeliveryFilterHandle } from "../../router/delivery-filter.ts";

export function filterDeliveries(broker: BrokerServices, filter: DeliveryFilter): DeliveryFilterHandle {
  const contained: DeliveryFilter = (clientId, topic) => {
    try {
      return filter(clientId, topic);
    } catch (error) {
      broker.population.hookFailures++;
      broker.logger.error({ err: error, clientId }, "delivery filter failed, message withheld");
      return undefined;
    }
  };
  broker.router.addFilter(contained);
  return {
    changed: () => broker.router.forgetRoutes(),
    remove: () => broker.router.removeFilter(contained),
  };
}
