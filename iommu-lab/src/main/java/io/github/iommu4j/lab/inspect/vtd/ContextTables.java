package io.github.iommu4j.lab.inspect.vtd;

import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.memory.BusErrorException;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.vtd.hardware.VtdCapabilities;
import io.github.iommu4j.vtd.layout.ContextEntry;
import io.github.iommu4j.vtd.layout.PasidDirectoryEntry;
import io.github.iommu4j.vtd.layout.PasidEntry;
import io.github.iommu4j.vtd.layout.RootEntry;
import io.github.iommu4j.vtd.layout.ScalableContextEntry;
import io.github.iommu4j.vtd.layout.TableMode;
import java.util.ArrayList;
import java.util.List;

/** Finds the present context entries, and in scalable mode the present PASID entries below each. */
final class ContextTables {

    /** PASIDs looked for in a directory; there may be 2^20, of which hardly any are used. */
    private static final int MOST_PASIDS = 1 << 12;

    private static final int FUNCTIONS = 256;

    private final PhysicalMemory memory;
    private final VtdCapabilities capabilities;
    private final List<Source> sources = new ArrayList<>();

    /**
     * A source with what translates it.
     *
     * @param sid source-id
     * @param pasid the PASID of requests, or none
     * @param entry address of the context entry
     * @param space what translates it
     */
    record Source(int sid, int pasid, long entry, Space space) {}

    private ContextTables(PhysicalMemory memory, VtdCapabilities capabilities) {
        this.memory = memory;
        this.capabilities = capabilities;
    }

    static List<Source> sources(PhysicalMemory memory, VtdCapabilities capabilities, long rtaddr) {
        ContextTables tables = new ContextTables(memory, capabilities);
        long root = rtaddr & -4096;
        for (int bus = 0; bus < FUNCTIONS; bus++) {
            for (int devfn = 0; devfn < FUNCTIONS; devfn++) {
                tables.look(TableMode.of(rtaddr), root, bus << 8 | devfn);
            }
        }
        return tables.sources;
    }

    /** A table that is not in the capture has no entry. */
    private void look(TableMode mode, long root, int sid) {
        try {
            RootEntry entry = RootEntry.readFrom(memory, RootEntry.address(root, sid));
            long half = mode == TableMode.SCALABLE ? entry.half(sid & 0xFF) : entry.low();
            if (!RootEntry.P.isSet(half)) {
                return;
            }
            if (mode == TableMode.SCALABLE) {
                scalable(sid, ScalableContextEntry.address(RootEntry.CTP.inPlace(half), sid));
            } else if (mode == TableMode.LEGACY) {
                legacy(sid, ContextEntry.address(RootEntry.CTP.inPlace(half), sid));
            }
        } catch (BusErrorException notInTheCapture) {
            // Nothing to show.
        }
    }

    private void legacy(int sid, long address) {
        ContextEntry entry = ContextEntry.readFrom(memory, address);
        if (ContextEntry.P.isSet(entry.low())) {
            sources.add(new Source(sid, TranslationUnit.NO_SUBSTREAM, address, Space.of(entry)));
        }
    }

    private void scalable(int sid, long address) {
        ScalableContextEntry context = ScalableContextEntry.readFrom(memory, address);
        if (!ScalableContextEntry.P.isSet(context.q0())) {
            return;
        }
        int own = capabilities.hasRidPasid() ? ScalableContextEntry.RID_PASID.getInt(context.q1()) : 0;
        sources.add(new Source(sid, TranslationUnit.NO_SUBSTREAM, address, space(context, own)));
        if (ScalableContextEntry.PASIDE.isSet(context.q0())) {
            int pasids = Math.min(MOST_PASIDS, 1 << Math.min(context.pasidsLg2(), capabilities.pasidBits()));
            for (int pasid = 0; pasid < pasids; pasid++) {
                Space space = space(context, pasid);
                if (space.isPresent()) {
                    sources.add(new Source(sid, pasid, address, space));
                }
            }
        }
    }

    private Space space(ScalableContextEntry context, int pasid) {
        try {
            long directory = ScalableContextEntry.PASIDDIRPTR.inPlace(context.q0());
            boolean reached = pasid >>> context.pasidsLg2() == 0;
            PasidDirectoryEntry entry =
                    PasidDirectoryEntry.readFrom(memory, PasidDirectoryEntry.address(directory, pasid));
            if (!reached || !PasidDirectoryEntry.P.isSet(entry.raw())) {
                return Space.absent(context);
            }
            long table = PasidDirectoryEntry.SMPTBLPTR.inPlace(entry.raw());
            return Space.of(context, PasidEntry.readFrom(memory, PasidEntry.address(table, pasid)));
        } catch (BusErrorException notInTheCapture) {
            return Space.absent(context);
        }
    }
}
