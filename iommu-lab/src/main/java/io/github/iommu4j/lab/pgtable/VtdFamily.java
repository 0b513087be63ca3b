package io.github.iommu4j.lab.pgtable;

import io.github.iommu4j.api.Erratum;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.core.pagetable.PageTableErratum;
import io.github.iommu4j.lab.vector.Dialect;
import io.github.iommu4j.lab.vector.VectorRow;
import io.github.iommu4j.vtd.driver.VtdErratum;
import java.util.Set;

/** Intel's tables: second stage and first stage. */
final class VtdFamily implements TableFamily {

    @Override
    public Set<String> formats() {
        return VtdRequest.FORMATS;
    }

    @Override
    public Dialect dialect() {
        return VtdRequest.DIALECT;
    }

    @Override
    public Set<Erratum> defects() {
        return Set.of(
                PageTableErratum.REPLACED_MIX_LOSES_TABLES,
                PageTableErratum.UNMAP_OF_NOTHING_ROUNDS,
                PageTableErratum.FAILED_RANGE_COUNTS_NOTHING,
                VtdErratum.FIRST_STAGE_TAIL_LOST,
                VtdErratum.PAGES_COUNTED_IN_32_BITS);
    }

    @Override
    public ModelTable create(VectorRow.Start start, TableMachine machine, Set<Erratum> errata) {
        try {
            return new VtdTable(VtdRequest.of(start), machine, errata);
        } catch (IllegalArgumentException noSuchTable) {
            throw new IommuException(Errno.EINVAL, String.valueOf(noSuchTable.getMessage()));
        }
    }

    @Override
    public RightAnswers rightAnswers(VectorRow.Start start) {
        return new VtdAnswers(VtdRequest.of(start), defects());
    }
}
