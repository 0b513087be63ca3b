package io.github.iommu4j.testkit.explore;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.Extension;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;
import org.junit.jupiter.api.extension.TestTemplateInvocationContext;
import org.junit.jupiter.api.extension.TestTemplateInvocationContextProvider;

/** Calls a test method once for every schedule, instead of once. */
final class ExplorationExtension implements TestTemplateInvocationContextProvider {

    /** For JUnit. */
    ExplorationExtension() {}

    @Override
    public boolean supportsTestTemplate(ExtensionContext context) {
        return context.getRequiredTestMethod().isAnnotationPresent(ExploreInterleavings.class);
    }

    @Override
    public Stream<TestTemplateInvocationContext> provideTestTemplateInvocationContexts(ExtensionContext context) {
        return Stream.of(new TestTemplateInvocationContext() {
            @Override
            public String getDisplayName(int invocationIndex) {
                return "every interleaving";
            }

            @Override
            public List<Extension> getAdditionalExtensions() {
                return List.of(new StageForSignature(), new Exploring());
            }
        });
    }

    /** Lets JUnit call the method; the stage it is called with is never used. */
    private static final class StageForSignature implements ParameterResolver {
        @Override
        public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
            return parameter.getParameter().getType() == Stage.class;
        }

        @Override
        public @Nullable Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
            return null;
        }
    }

    private static final class Exploring implements InvocationInterceptor {
        @Override
        public void interceptTestTemplateMethod(
                Invocation<Void> invocation, ReflectiveInvocationContext<Method> call, ExtensionContext context) {
            invocation.skip();
            Method method = call.getExecutable();
            method.setAccessible(true);
            ExploreInterleavings settings = method.getAnnotation(ExploreInterleavings.class);
            Object instance = context.getRequiredTestInstance();
            Interleavings.of(stage -> setUp(method, instance, stage))
                    .preemptionBound(settings.preemptionBound())
                    .mostSchedules(settings.mostSchedules())
                    .exhaustive()
                    .requireNothingFound();
        }

        private static void setUp(Method method, Object instance, Stage stage) {
            try {
                method.invoke(instance, stage);
            } catch (InvocationTargetException failure) {
                if (failure.getCause() instanceof Error error) {
                    throw error;
                }
                throw new IllegalStateException("the scenario cannot be set up", failure.getCause());
            } catch (IllegalAccessException closed) {
                throw new IllegalStateException(method + " cannot be called: open its package to the test kit", closed);
            }
        }
    }
}
