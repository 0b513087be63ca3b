package io.github.iommu4j.core.lock;

import io.github.iommu4j.api.lock.Completion;
import io.github.iommu4j.core.lockdep.LockValidator;

/** A completion that may be waited for only where a task may sleep. */
final class ValidatedCompletion implements Completion {

    private final Completion completion;
    private final String name;
    private final LockValidator validator;

    ValidatedCompletion(Completion completion, String name, LockValidator validator) {
        this.completion = completion;
        this.name = name;
        this.validator = validator;
    }

    @Override
    public void await() {
        validator.mightSleep(name);
        completion.await();
    }

    @Override
    public boolean isDone() {
        return completion.isDone();
    }

    @Override
    public void complete() {
        completion.complete();
    }

    @Override
    public String toString() {
        return completion.toString();
    }
}
