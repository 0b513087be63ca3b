package io.github.iommu4j.lab.museum;

import io.github.iommu4j.lab.museum.m4u.M4uExhibits;
import io.github.iommu4j.lab.museum.smmuv3.Smmuv3Exhibits;
import io.github.iommu4j.lab.museum.tipat.TiPatExhibits;
import io.github.iommu4j.lab.museum.vtd.EmulatorExhibits;
import io.github.iommu4j.lab.museum.vtd.VtdExhibits;
import io.github.iommu4j.testkit.errata.Exhibit;
import io.github.iommu4j.testkit.errata.Museum;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Every exhibit the program knows. */
public final class Exhibition {

    /** The rooms of the drivers, one a driver. */
    private static final List<Supplier<List<Exhibit>>> DRIVERS =
            List.of(M4uExhibits::exhibits, Smmuv3Exhibits::exhibits, TiPatExhibits::exhibits, VtdExhibits::exhibits);

    private Exhibition() {}

    /**
     * The exhibits: those that need no driver, those of the drivers, and those of emulated hardware.
     *
     * @return all of them; their ids differ
     */
    public static List<Exhibit> exhibits() {
        return Stream.of(Museum.exhibits(), ofDrivers(), EmulatorExhibits.exhibits())
                .flatMap(List::stream)
                .toList();
    }

    static List<Exhibit> ofDrivers() {
        return DRIVERS.stream().flatMap(room -> room.get().stream()).toList();
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
