package io.github.iommu4j.testkit.explore;

/** A call that can be left and gone on with. Made by a {@link Carrier}. */
interface Coroutine {}
