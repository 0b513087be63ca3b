package io.github.iommu4j.testkit.arbitraries;

import java.util.function.Consumer;

/**
 * Something a task can do to a model.
 *
 * @param name for reports
 * @param action what it does
 * @param <M> the model's type
 */
public record TaskOperation<M>(String name, Consumer<M> action) {}
