/**
 * The commands. Exit codes: 0 agreement, 1 a difference, 2 bad input.
 *
 * <p>Start with {@link io.github.iommu4j.lab.command.CommandLineProgram}.
 */
@NullMarked
package io.github.iommu4j.lab.command;

import org.jspecify.annotations.NullMarked;
