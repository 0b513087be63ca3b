package io.github.iommu4j.testkit.errata;

import java.util.ArrayList;
import java.util.List;

/** The historical mistakes that need no particular IOMMU driver. */
public final class Museum {

    private Museum() {}

    /**
     * The exhibits.
     *
     * @return all of them; their ids differ
     */
    public static List<Exhibit> exhibits() {
        List<Exhibit> all = new ArrayList<>();
        CoreErrata.cases().forEach(each -> all.add(each.exhibit()));
        FaultErrata.cases().forEach(each -> all.add(each.exhibit()));
        PageTableErrata.cases().forEach(each -> all.add(each.exhibit()));
        all.addAll(LockBugs.exhibits());
        all.addAll(LockBugVariants.exhibits());
        all.addAll(RaceExhibits.exhibits());
        all.addAll(ProbeRaceExhibits.exhibits());
        all.addAll(FwSpecRaceExhibits.exhibits());
        return all;
    }
}
