package io.github.iommu4j.testkit.explore;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.TestTemplate;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A JUnit test that is a {@link Scenario}: a method that takes a {@link Stage}, sets a run up and is called anew for every
 * schedule. The test fails with the interleaving that breaks something. Where the test framework is another, {@link
 * Interleavings} does the same in a plain method.
 */
@Documented
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@TestTemplate
@ExtendWith(ExplorationExtension.class)
public @interface ExploreInterleavings {

    /**
     * How often a task may be interrupted although it could go on.
     *
     * @return 0 or more
     */
    int preemptionBound() default 2;

    /**
     * How many schedules are tried at most.
     *
     * @return at least 1
     */
    long mostSchedules() default Long.MAX_VALUE;
}
