package io.github.iommu4j.smmuv3.hardware;

/**
 * Stage 2 of a stream, decoded from its STE. Immutable.
 *
 * @param table the tables
 * @param forcedWriteBack STE.S2FWB as it acts
 * @param protectsWalks STE.S2PTW as it acts: a stage-1 table or CD in Device memory is an F_PERMISSION
 */
record StageTwo(TableFormat table, boolean forcedWriteBack, boolean protectsWalks) {}
