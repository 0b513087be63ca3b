package io.github.iommu4j.lab.museum;

import io.github.iommu4j.testkit.errata.Exhibit;
import io.github.iommu4j.testkit.errata.Museum;
import java.util.List;
import java.util.Optional;

/** Every exhibit the program knows. */
public final class Exhibition {

    private Exhibition() {}

    /**
     * The exhibits.
     *
     * @return all of them; their ids differ
     */
    public static List<Exhibit> exhibits() {
        return Museum.exhibits();
    }

    /**
     * Finds an exhibit.
     *
     * @param id its id
     * @return the exhibit, empty when there is none
     */
    public static Optional<Exhibit> find(String id) {
        return exhibits().stream().filter(exhibit -> exhibit.id().equals(id)).findFirst();
    }

    /**
     * Shows exhibits from both sides.
     *
     * @param exhibits which
     * @return what was seen, one visit for each
     */
    public static List<Visit> visit(List<Exhibit> exhibits) {
        return exhibits.stream().map(Visit::of).toList();
    }
}
