// One method of the function, and how it is called.

using System;
using System.IO;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Aliyun.Serverless.Core;
using Microsoft.AspNetCore.Http;

namespace Serin
{
    internal sealed class Handler
    {
        private readonly MethodInfo method;
        private readonly object target;
        private readonly Type[] takes;
        private readonly IFcSerializer serializer;
        private readonly bool isAsyncVoid;
        private readonly PropertyInfo taskResult;

        private Handler(Loader loader, MethodInfo method)
        {
            this.method = method;
            takes = Array.ConvertAll(method.GetParameters(), parameter => parameter.ParameterType);
            isAsyncVoid = method.ReturnType == typeof(void) && method.IsDefined(typeof(AsyncStateMachineAttribute), false);
            if (typeof(Task).IsAssignableFrom(method.ReturnType) && method.ReturnType.IsGenericType)
                taskResult = method.ReturnType.GetProperty("Result");
            serializer = SerializerOf(method);
            target = loader.ObjectFor(method);
        }

        public static Handler Find(Loader loader, string text, bool isHttp)
        {
            var handler = new Handler(loader, loader.Method(text));
            handler.Check(text, isHttp ? "(HttpRequest, HttpResponse, IFcContext)" : "([Stream or any type][, IFcContext])", isHttp ? handler.FitsHttp() : handler.FitsEvent());
            return handler;
        }

        public static Handler Initializer(Loader loader, string text)
        {
            var handler = new Handler(loader, loader.Method(text));
            handler.Check(text, "(IFcContext)", handler.takes.Length == 1 && handler.takes[0] == typeof(IFcContext));
            return handler;
        }

        public void Initialize(IFcContext context) => Run(new object[] { context }, null);

        /// <summary>The payload of the answer to an event.</summary>
        public ArraySegment<byte> Call(MemoryStream payload, IFcContext context, int limit)
        {
            var arguments = new object[takes.Length];
            for (int at = 0; at < takes.Length; at++)
                arguments[at] = takes[at] == typeof(IFcContext) ? context : Input(takes[at], payload);
            object result = Run(arguments, null);
            ArraySegment<byte> answer = Returns(out Type type) ? Output(type, result, limit) : default(ArraySegment<byte>);
            if (answer.Count > limit)
                throw new Fault("Response exceeds " + limit + " bytes", "ResponseSizeTooLarge");
            return answer;
        }

        /// <summary>Let the method answer a request; `answer` hears when it begins to wait for something.</summary>
        public void Serve(HttpRequest request, HttpResponse response, IFcContext context, WebAnswer answer) =>
            Run(new object[] { request, response, context }, answer.Waits);

        private object Run(object[] arguments, Action waits)
        {
            if (isAsyncVoid)
            {
                AsyncVoid.Run(() => Invoke(arguments));
                return null;
            }
            object result = Invoke(arguments);
            if (!(result is Task task))
                return result;
            if (!task.IsCompleted)
                waits?.Invoke();
            task.GetAwaiter().GetResult();
            return taskResult?.GetValue(task);
        }

        private object Invoke(object[] arguments)
        {
            try
            {
                return method.Invoke(target, arguments);
            }
            catch (TargetInvocationException wrapped)
            {
                ExceptionDispatchInfo.Capture(wrapped.InnerException).Throw();
                throw;
            }
        }

        private object Input(Type type, MemoryStream payload)
        {
            if (type.IsAssignableFrom(typeof(MemoryStream)) && type != typeof(object))
                return payload;
            if (serializer != null)
                return Generic("Deserialize", type, payload);
            payload.TryGetBuffer(out ArraySegment<byte> bytes);
            string text = Encoding.UTF8.GetString(bytes.Array, bytes.Offset, bytes.Count);
            // An event that is no JSON text reaches a method that takes a string as it is.
            return type == typeof(string) && !text.StartsWith("\"", StringComparison.Ordinal) ? text : Json.Read(text, type);
        }

        private ArraySegment<byte> Output(Type type, object result, int limit)
        {
            if (result is Stream stream)
                return Streams.WholeOf(stream, limit);
            if (serializer == null)
                return new ArraySegment<byte>(new UTF8Encoding(false).GetBytes(Json.Write(result)));
            var written = new MemoryStream();
            Generic("Serialize", type, result, written);
            return Streams.WholeOf(written, limit);
        }

        /// <summary>Whether the method returns something, and of what type.</summary>
        private bool Returns(out Type type)
        {
            type = taskResult?.PropertyType ?? method.ReturnType;
            return type != typeof(void) && (taskResult != null || !typeof(Task).IsAssignableFrom(type));
        }

        private object Generic(string name, Type type, params object[] arguments)
        {
            try
            {
                return typeof(IFcSerializer).GetMethod(name).MakeGenericMethod(type).Invoke(serializer, arguments);
            }
            catch (TargetInvocationException wrapped)
            {
                ExceptionDispatchInfo.Capture(wrapped.InnerException).Throw();
                throw;
            }
        }

        private static IFcSerializer SerializerOf(MethodInfo method)
        {
            ICustomAttributeProvider owner = method;
            if (!owner.IsDefined(typeof(FcSerializerAttribute), false))
                owner = method.ReflectedType.Assembly;
            if (!owner.IsDefined(typeof(FcSerializerAttribute), false))
                return null;
            Type type = ((FcSerializerAttribute)owner.GetCustomAttributes(typeof(FcSerializerAttribute), false)[0]).SerializerType;
            if (type == null || !typeof(IFcSerializer).IsAssignableFrom(type))
                throw new Fault("Serializer '" + type + "' is no IFcSerializer", "InvalidHandler");
            return (IFcSerializer)Activator.CreateInstance(type, true);
        }

        private bool FitsHttp() => takes.Length == 3 && takes[0] == typeof(HttpRequest) && takes[1] == typeof(HttpResponse) && takes[2] == typeof(IFcContext);

        private bool FitsEvent()
        {
            if (takes.Length == 2)
                return takes[0] != typeof(IFcContext) && takes[1] == typeof(IFcContext);
            return takes.Length <= 1;
        }

        private void Check(string text, string expected, bool fits)
        {
            if (!fits)
                throw new Fault("Method '" + text + "' takes (" + string.Join(", ", Array.ConvertAll(takes, type => type.Name)) + "), not " + expected, "InvalidHandler");
        }
    }

    /// <summary>Waits for methods that are `async void`: they report their begin, end and errors to a context.</summary>
    internal sealed class AsyncVoid : SynchronizationContext
    {
        private readonly object changed = new object();
        private int running;
        private ExceptionDispatchInfo error;

        public static void Run(Action method)
        {
            var context = new AsyncVoid();
            SynchronizationContext outer = Current;
            SetSynchronizationContext(context);
            try
            {
                method();
            }
            finally
            {
                SetSynchronizationContext(outer);
            }
            context.Wait();
        }

        public override void OperationStarted()
        {
            lock (changed)
                running++;
        }

        public override void OperationCompleted()
        {
            lock (changed)
            {
                running--;
                Monitor.PulseAll(changed);
            }
        }

        public override void Post(SendOrPostCallback callback, object state)
        {
            OperationStarted();
            ThreadPool.QueueUserWorkItem(_ => Work(callback, state));
        }

        private void Work(SendOrPostCallback callback, object state)
        {
            SetSynchronizationContext(this);
            try
            {
                callback(state);
            }
            catch (Exception thrown)
            {
                lock (changed)
                    error = error ?? ExceptionDispatchInfo.Capture(thrown);
            }
            finally
            {
                SetSynchronizationContext(null);
                OperationCompleted();
            }
        }

        private void Wait()
        {
            lock (changed)
            {
                while (running > 0)
                    Monitor.Wait(changed);
            }
            error?.Throw();
        }
    }

    internal static class Streams
    {
        /// <summary>
        /// All of a stream. A stream in memory is taken whole, wherever it stands and even when it was disposed:
        /// functions return what they have just written.
        /// </summary>
        public static ArraySegment<byte> WholeOf(Stream stream, int limit)
        {
            if (stream is MemoryStream memory)
                return memory.TryGetBuffer(out ArraySegment<byte> buffer) ? buffer : new ArraySegment<byte>(memory.ToArray());
            using (stream)
            {
                var copy = new MemoryStream();
                var piece = new byte[64 * 1024];
                int count;
                while (copy.Length <= limit && (count = stream.Read(piece, 0, piece.Length)) > 0)
                    copy.Write(piece, 0, count);
                copy.TryGetBuffer(out ArraySegment<byte> whole);
                return whole;
            }
        }
    }
}
