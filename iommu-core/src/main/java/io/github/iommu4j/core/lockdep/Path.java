package io.github.iommu4j.core.lockdep;

import java.util.List;

/**
 * A way through the graph.
 *
 * @param edges from the class the search began at to {@code end}, each in the search's direction
 * @param end the class that was looked for
 */
record Path(List<Edge> edges, ClassNode end) {}
