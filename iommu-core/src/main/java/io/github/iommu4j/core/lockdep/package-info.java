/**
 * A lock validator: proves from one run, even a single-threaded one, that locks cannot deadlock (Linux {@code lockdep}).
 *
 * <p>Locks belong to classes. The validator remembers in which order classes were taken, in which contexts and with
 * interrupts on or off, and reports an order that could deadlock the moment it is first seen, whether or not it does.
 *
 * <p>Glossary, as the kernel's: <i>class</i>, the kind of a lock; <i>chain</i>, the classes a task holds in one context;
 * <i>edge</i> A → B, B was taken while A was held; <i>safe</i>, taken in an interrupt; <i>unsafe</i>, taken with that
 * interrupt on; <i>recursive reader</i>, one that a waiting writer does not stop.
 *
 * <p>Start with {@link io.github.iommu4j.core.lockdep.LockValidator} (the annotations, for locks of your own), {@link
 * io.github.iommu4j.core.lockdep.LockReport} (what it finds), and {@code core.lock.ValidatedLocking}, which puts it
 * around the locks of a model.
 */
@NullMarked
package io.github.iommu4j.core.lockdep;

import org.jspecify.annotations.NullMarked;
