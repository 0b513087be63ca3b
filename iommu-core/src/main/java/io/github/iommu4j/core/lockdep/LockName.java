package io.github.iommu4j.core.lockdep;

/**
 * A class as reports print it.
 *
 * @param name the kernel's name, such as {@code &group->mutex}
 * @param version 1, or more when other classes of the same name were there before
 * @param subclass 0 to 7
 * @param usage four characters: hard interrupts, hard for readers, soft, soft for readers; {@code .} neither, {@code -}
 *     taken in it, {@code +} taken with it on, {@code ?} both
 * @param outer what taking it needs, 0 to 5
 * @param inner what it allows under it, 0 to 5
 */
public record LockName(String name, int version, int subclass, String usage, int outer, int inner) {

    /**
     * The name with what tells it from others, as scenario tables print it.
     *
     * @return such as {@code &x->lock#2/1}
     */
    public String plain() {
        return name + (version > 1 ? "#" + version : "") + (subclass > 0 ? "/" + subclass : "");
    }

    @Override
    public String toString() {
        return "(" + plain() + "){" + usage + "}-{" + outer + ":" + inner + "}";
    }
}
