// The process that runs C# functions: `mono Worker.exe DESCRIPTOR`.
//
// It speaks the protocol of `invocations.engine.protocol` on an inherited socket. What it loads and compiles
// is paid at every cold start, so it does little before it says HELLO, and what only some functions need is
// touched when they need it. The code it runs shares its memory and may do anything to it: the engine trusts
// nothing it says. Its other parts lie in the folder dotnet.

using System;
using System.IO;
using System.Text;

namespace Serin
{
    internal sealed class Worker
    {
        private readonly Channel channel;
        private Settings settings;
        private Handler handler;

        private Worker(Channel channel)
        {
            this.channel = channel;
        }

        private static int Main(string[] arguments)
        {
            Native.Limit();
            new Worker(new Channel(int.Parse(arguments[0]))).Run();
            return 0;
        }

        private void Run()
        {
            channel.Answer(Kind.Hello, new byte[8], 0, null);
            Start(channel.Receive());
            while (true)
            {
                Frame frame = channel.Receive();
                if (frame.Kind == Kind.Invoke)
                    Invoke(frame);
                else if (frame.Kind == Kind.Http || frame.Kind == Kind.HttpOpen)
                    Serve(frame);
                // Others crossed the end of their call.
            }
        }

        private void Start(Frame frame)
        {
            settings = Settings.Adopt(frame.Data, Frame.HeaderBytes);
            Native.LimitMemory(settings.MemoryMb);
            var context = new Context(settings, settings["request_id"], settings["qualifier"]);
            Answer(frame, () => Load(context));
        }

        private Result Load(Context context)
        {
            byte stage = Kind.Load;
            try
            {
                var loader = new Loader(settings["code"]);
                handler = Handler.Find(loader, settings["handler"], isHttp: settings["type"] == "http");
                Handler initializer = settings["initializer"] == "" ? null : Handler.Initializer(loader, settings["initializer"]);
                stage = Kind.Init;
                initializer?.Initialize(context);
            }
            catch (Exception error) when (!Fault.IsFatal(error))
            {
                return new Result(stage, Fault.Describe(error));
            }
            return new Result(Kind.Ready, null);
        }

        private void Invoke(Frame frame)
        {
            int names = Frame.HeaderBytes + 2;
            int middle = names + frame.Data[13], end = middle + frame.Data[14];
            var context = new Context(settings, Utf8(frame, names, middle), Utf8(frame, middle, end));
            Answer(frame, () => Call(new MemoryStream(frame.Data, end, frame.Data.Length - end, false, true), context));
        }

        private Result Call(MemoryStream payload, Context context)
        {
            try
            {
                ArraySegment<byte> answer = handler.Call(payload, context, settings.PayloadBytes);
                return new Result(Kind.Ok, answer);
            }
            catch (Exception error) when (!Fault.IsFatal(error))
            {
                return new Result(Kind.Exception, Fault.Describe(error));
            }
        }

        private void Serve(Frame frame)
        {
            int names = Frame.HeaderBytes + 6;
            int middle = names + frame.Data[13], end = middle + frame.Data[14];
            int body = end + (int)BitConverter.ToUInt32(frame.Data, 15);
            var context = new Context(settings, Utf8(frame, names, middle), Utf8(frame, middle, end));
            Answer(frame, () => CallWeb(frame, end, body, context));
        }

        private Result CallWeb(Frame frame, int head, int body, Context context)
        {
            var answer = new WebAnswer(channel, frame.Sequence, settings.PayloadBytes);
            try
            {
                var request = new WebRequest(frame.Data, head, body, answer.Incoming(frame, body));
                answer.IsBodiless = request.Method == "HEAD";
                var response = new WebResponse(answer);
                handler.Serve(request, response, context, answer);
                return answer.End(response);
            }
            catch (Exception error) when (answer.IsCallerLeft(error))
            {
                return new Result(Kind.Ok, null);
            }
            catch (Exception error) when (!Fault.IsFatal(error))
            {
                return new Result(Kind.Exception, Fault.Describe(error));
            }
            finally
            {
                answer.Close();
            }
        }

        /// <summary>Run the function's code, and answer.</summary>
        private void Answer(Frame frame, Func<Result> work)
        {
            long started = Native.Microseconds();
            Result result;
            try
            {
                result = work();
            }
            catch (Exception error) when (Fault.IsMemory(error))
            {
                result = new Result(Kind.Memory, null);
            }
            catch (Exception error)
            {
                // Nothing sound is left of the process after a stack overflow or an aborted thread.
                Console.Error.WriteLine(error.GetType().FullName);
                Native.Exit(1);
                return;
            }
            long microseconds = Native.Microseconds() - started;
            channel.Answer(result.Kind, frame.SequenceBytes(), microseconds, result.Payload);
        }

        private static string Utf8(Frame frame, int start, int end) => Encoding.UTF8.GetString(frame.Data, start, end - start);
    }

    /// <summary>How a call ended, and what goes with it.</summary>
    internal struct Result
    {
        public Result(byte kind, byte[] payload) : this(kind, payload == null ? default(ArraySegment<byte>) : new ArraySegment<byte>(payload)) { }

        public Result(byte kind, ArraySegment<byte> payload)
        {
            Kind = kind;
            Payload = payload;
        }

        public byte Kind { get; }
        public ArraySegment<byte> Payload { get; }
    }
}
