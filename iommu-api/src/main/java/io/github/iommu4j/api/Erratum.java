package io.github.iommu4j.api;

/**
 * A historical mistake that can be switched on, one instance at a time. Off by default everywhere. Implemented by
 * enums, one constant each.
 */
public interface Erratum {

    /**
     * The constant's name, unique within its enum.
     *
     * @return the name
     */
    String name();

    /**
     * What went wrong, when, with which symptom, and how it was mended.
     *
     * @return a few sentences
     */
    String story();
}
