/**
 * Register layouts that both halves of the PAT share: where registers stand, their fields, how page sizes are encoded.
 * Table entries are written down twice, in {@code hardware} and in {@code driver}.
 *
 * <p>Start with {@link io.github.iommu4j.tipat.layout.PatRegister}.
 *
 * <p>Source: the Linux driver of 2019 for PID, CONFIG and CONTROL; TI's chip support library ({@code cslr_pat.h}) and
 * the J721E reference manual (SPRUIL1) for the rest.
 */
@NullMarked
package io.github.iommu4j.tipat.layout;

import org.jspecify.annotations.NullMarked;
